import type { AdExplanation } from '../api.ts';

export type Exclusion = NonNullable<NonNullable<AdExplanation['ad']>['excluded_by']>;

/** Why an ad is not shown; the subject is its name or "It". */
export const exclusions: Readonly<Record<Exclusion, string>> = {
  started: 'has not started yet',
  not_ended: 'has ended',
  paused: 'is paused',
  age: 'is for other ages',
  gender: 'is for another gender',
  platform: 'is for other platforms',
  country: 'is for other countries',
  unknown: 'is not a live ad',
};
