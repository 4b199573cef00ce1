import { refusingTarget, targetNames, type AdFilter, type TargetName } from './ad-filter.ts';
import type { Ad } from './ad.ts';

/** What is checked before an ad is shown, in order: an ad that is paused does not pass `paused`. */
export const conditionNames = ['started', 'not_ended', 'paused', ...targetNames] as const;
export type ConditionName = (typeof conditionNames)[number];

/** How many ads meet a condition and all conditions before it. */
export interface ConditionLeft {
  readonly name: ConditionName;
  readonly left: number;
}

/** The first condition that keeps the ad from being shown; undefined: it is shown. */
export function excludedBy(ad: Ad, filter: AdFilter, atMs: number): ConditionName | undefined {
  if (ad.status === 'paused') return outsideWindow(ad, atMs) ?? 'paused';
  return outsideWindow(ad, atMs) ?? refusingTarget(ad, filter);
}

/** Counts ads in any form. `refusing` returns the first target of an ad that does not admit the filter. */
export function explain<Item extends Window>(
  ads: Iterable<Item>,
  atMs: number,
  refusing: (ad: Item) => 'paused' | TargetName | undefined,
): readonly ConditionLeft[] {
  let left = 0;
  const excluded = new Map<ConditionName, number>();
  for (const ad of ads) {
    left += 1;
    const name = outsideWindow(ad, atMs) ?? refusing(ad);
    if (name !== undefined) excluded.set(name, (excluded.get(name) ?? 0) + 1);
  }
  return conditionNames.map((name) => {
    left -= excluded.get(name) ?? 0;
    return { name, left };
  });
}

type Window = Pick<Ad, 'startAt' | 'endAt'>;

function outsideWindow({ startAt, endAt }: Window, atMs: number): 'started' | 'not_ended' | undefined {
  if (atMs < startAt) return 'started';
  return atMs >= endAt ? 'not_ended' : undefined;
}
