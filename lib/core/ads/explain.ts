import { refusingTarget, targetNames, type AdFilter } from './ad-filter.ts';
import type { Ad } from './ad.ts';

/** What an ad must meet to be shown, in the order in which it is looked at. */
export const conditionNames = ['started', 'not_ended', ...targetNames] as const;
export type ConditionName = (typeof conditionNames)[number];

/** How many ads are left once a condition and all before it have been looked at. */
export interface ConditionLeft {
  readonly name: ConditionName;
  readonly left: number;
}

/** The first condition that keeps the ad from being shown; undefined: it is shown. */
export function excludedBy(ad: Ad, filter: AdFilter, atMs: number): ConditionName | undefined {
  if (atMs < ad.startAt) return 'started';
  if (atMs >= ad.endAt) return 'not_ended';
  return refusingTarget(ad, filter);
}

/** Looks at every ad: the last number is the total of the page that `Catalog.query` gives. */
export function explain(ads: Iterable<Ad>, filter: AdFilter, atMs: number): readonly ConditionLeft[] {
  let left = 0;
  const excluded = new Map<ConditionName, number>();
  for (const ad of ads) {
    left += 1;
    const name = excludedBy(ad, filter, atMs);
    if (name !== undefined) excluded.set(name, (excluded.get(name) ?? 0) + 1);
  }
  return conditionNames.map((name) => {
    left -= excluded.get(name) ?? 0;
    return { name, left };
  });
}
