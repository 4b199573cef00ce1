import { adToRow } from '../../core/ads/ad-row.ts';
import { endedUntilMs, type EndedAd } from '../../core/ads/ended-ad.ts';
import { readItemsMax } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { endedKey, endedOnDayKey } from '../state-keys.ts';

/** An ad whose time is over so soon may be gone already, by another clock; milliseconds. */
const marginMs = 3_600_000;

/**
 * The ads of these that the stage keeps and whose items lack or differ. Until when they are kept is not compared:
 * the setting may have changed. They are read after a head that includes their ends.
 */
export async function compareEnded(
  { state, clock, settings }: Pick<Ports, 'state' | 'clock' | 'settings'>,
  ended: readonly EndedAd[],
): Promise<readonly { readonly one: EndedAd; readonly what: 'missing' | 'differs' }[]> {
  const { endedDays } = settings.ads;
  const fromMs = clock.nowMs() + marginMs;
  const kept = endedDays === 0 ? [] : ended.filter(({ ad }) => endedUntilMs(ad, endedDays) > fromMs);
  const found: { readonly one: EndedAd; readonly what: 'missing' | 'differs' }[] = [];
  for (let start = 0; start < kept.length; start += readItemsMax) {
    const page = kept.slice(start, start + readItemsMax);
    const [items, onDays] = await Promise.all([
      state.getMany(page.map(({ ad }) => endedKey(ad.id))),
      state.getMany(page.map(({ ad }) => endedOnDayKey(ad.endAt, ad.id))),
    ]);
    for (const [index, one] of page.entries()) {
      const item = items[index];
      if (item === undefined || onDays[index] === undefined) found.push({ one, what: 'missing' });
      else if (item.ad !== adToRow(one.ad) || item.ended_version !== BigInt(one.endedVersion))
        found.push({ one, what: 'differs' });
    }
  }
  return found;
}
