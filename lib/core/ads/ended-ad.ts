import { assert } from '../assert.ts';
import type { AdChange } from './ad-change.ts';
import type { AdStateView } from './ad-state.ts';
import type { Ad } from './ad.ts';

/** An ad that was removed because its end had come; a client's delete is no ending. */
export interface EndedAd {
  /** As it was at its end. */
  readonly ad: Ad;
  /** The version of the change that removed it. */
  readonly endedVersion: number;
}

/** The ads that these changes remove at their end. `before`: the state without the changes. */
export function endedBy(changes: readonly AdChange[], before: Pick<AdStateView, 'get'>): readonly EndedAd[] {
  return changes.flatMap((change) => {
    if (change.type !== 'remove' || change.reason !== 'expired') return [];
    const ad = before.get(change.adId);
    assert(ad !== undefined, 'a change ends an unknown ad');
    return [{ ad, endedVersion: change.version }];
  });
}

const dayMs = 86_400_000;

/** The instant from which on nobody is shown the ended ad any more, milliseconds. `endedDays` 0: at once. */
export function endedUntilMs({ endAt }: Pick<Ad, 'endAt'>, endedDays: number): number {
  return endAt + endedDays * dayMs;
}

/** The first instant of the UTC day of an instant, milliseconds. */
export function dayStartMs(instantMs: number): number {
  return Math.floor(instantMs / dayMs) * dayMs;
}
