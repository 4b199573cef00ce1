import type { Ad, Gender, Platform } from './ad.ts';

/** The value of an unknown attribute: only ads that do not target the attribute admit it. */
export const unknown = 'unknown';
export type Unknown = typeof unknown;

/** The audience of a query. An absent or undefined field does not filter. */
export interface AdFilter {
  /** 1..120. An ad with a bound on either side targets ages. */
  readonly age?: number | Unknown | undefined;
  /** Usually two upper-case letters. A country that no ad names is admitted only by ads without countries. */
  readonly country?: string | undefined;
  readonly gender?: Gender | Unknown | undefined;
  readonly platform?: Platform | Unknown | undefined;
}

/** The targets of an ad, in the order in which they are checked. */
export const targetNames = ['age', 'gender', 'platform', 'country'] as const;
export type TargetName = (typeof targetNames)[number];

/** Whether the ad's targets admit the filter. Its start and end do not matter here. */
export function matchesFilter(ad: Ad, filter: AdFilter): boolean {
  return refusingTarget(ad, filter) === undefined;
}

/** The first of the ad's targets that does not admit the filter. */
export function refusingTarget(ad: Ad, filter: AdFilter): TargetName | undefined {
  const { age, country, gender, platform } = filter;
  if (age !== undefined && !admitsAge(ad, age)) return 'age';
  if (gender !== undefined && !admits(ad.gender, gender)) return 'gender';
  if (platform !== undefined && !admits(ad.platform, platform)) return 'platform';
  return country === undefined || admits(ad.country, country) ? undefined : 'country';
}

function admitsAge({ ageStart, ageEnd }: Ad, age: number | Unknown): boolean {
  if (age === unknown) return ageStart === null && ageEnd === null;
  return (ageStart ?? age) <= age && age <= (ageEnd ?? age);
}

function admits(targets: readonly string[], value: string): boolean {
  return targets.length === 0 || targets.includes(value);
}
