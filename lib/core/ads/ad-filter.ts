import type { Ad, Gender, Platform } from './ad.ts';

/** Whom an ad is asked for. An absent field does not filter. */
export interface AdFilter {
  /** 1..120. */
  readonly age?: number;
  /** ISO 3166-1 alpha-2, upper case. */
  readonly country?: string;
  readonly gender?: Gender;
  readonly platform?: Platform;
}

/** Whether the ad's targets admit the filter; its window is another question. */
export function matchesFilter(ad: Ad, filter: AdFilter): boolean {
  const { age, country, gender, platform } = filter;
  if (age !== undefined && !((ad.ageStart ?? age) <= age && age <= (ad.ageEnd ?? age))) return false;
  if (gender !== undefined && !admits(ad.gender, gender)) return false;
  if (platform !== undefined && !admits(ad.platform, platform)) return false;
  return country === undefined || admits(ad.country, country);
}

function admits<Value>(targets: readonly Value[], value: Value): boolean {
  return targets.length === 0 || targets.includes(value);
}
