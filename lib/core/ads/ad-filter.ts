import type { Ad, Gender, Platform } from './ad.ts';

/** Whom an ad is asked for. An absent or undefined field does not filter. */
export interface AdFilter {
  /** 1..120. */
  readonly age?: number | undefined;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country?: string | undefined;
  readonly gender?: Gender | undefined;
  readonly platform?: Platform | undefined;
}

/** The targets of an ad, in the order in which they are looked at. */
export const targetNames = ['age', 'gender', 'platform', 'country'] as const;
export type TargetName = (typeof targetNames)[number];

/** Whether the ad's targets admit the filter; its window is another question. */
export function matchesFilter(ad: Ad, filter: AdFilter): boolean {
  return refusingTarget(ad, filter) === undefined;
}

/** The first of the ad's targets that does not admit the filter. */
export function refusingTarget(ad: Ad, filter: AdFilter): TargetName | undefined {
  const { age, country, gender, platform } = filter;
  if (age !== undefined && !((ad.ageStart ?? age) <= age && age <= (ad.ageEnd ?? age))) return 'age';
  if (gender !== undefined && !admits(ad.gender, gender)) return 'gender';
  if (platform !== undefined && !admits(ad.platform, platform)) return 'platform';
  return country === undefined || admits(ad.country, country) ? undefined : 'country';
}

function admits<Value>(targets: readonly Value[], value: Value): boolean {
  return targets.length === 0 || targets.includes(value);
}
