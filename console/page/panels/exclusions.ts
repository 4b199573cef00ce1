import type { DecisionExplanation } from '../api.ts';
import { moment } from '../instants.ts';

type Explained = NonNullable<DecisionExplanation['ad']>;
type Exclusion = NonNullable<Explained['excluded_by']>;

/** Why a decision does not choose an ad, and until when if it waits; the subject is its name or "It". */
export function exclusionText(
  why: Exclusion,
  { waiting_until: until }: Pick<Explained, 'waiting_until'>,
): string {
  if (why !== 'waiting') return exclusions[why];
  return typeof until === 'string'
    ? `has a goal that keeps it back until ${moment(until)}`
    : 'has a goal, and waits for a decision to draw it for the first time';
}

/** Why an ad is not shown or not chosen; the subject is its name or "It". */
export const exclusions: Readonly<Record<Exclusion, string>> = {
  started: 'has not started yet',
  not_ended: 'has ended',
  paused: 'is paused',
  age: 'is for other ages',
  gender: 'is for another gender',
  platform: 'is for other platforms',
  country: 'is for other countries',
  unknown: 'is not a live ad',
  excluded_ad: 'is excluded by the request',
  excluded_campaign: 'is of a campaign that the request excludes',
  done: 'has reached its goal',
  waiting: 'has a goal that keeps it back now',
  capped: 'has a frequency cap that keeps it from this request',
  higher_priority: 'comes after ads of higher priority',
  others_behind: 'comes after ads that are behind their goals',
  same_campaign: 'comes after an ad of its campaign',
};
