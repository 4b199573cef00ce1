import { parseAdRow, adToRow } from '../../core/ads/ad-row.ts';
import { endedUntilMs, type EndedAd } from '../../core/ads/ended-ad.ts';
import type { Ad } from '../../core/ads/ad.ts';
import { assert } from '../../core/assert.ts';
import type { Attributes, WriteAction } from '../../ports/state-store.ts';
import { endedKey, endedOnDayKey } from '../state-keys.ts';
import { toSeconds } from './ad-item-actions.ts';

/** Keeps an ad that has ended for so many days from its end on. To do it again changes nothing. */
export function keepEnded({ ad, endedVersion }: EndedAd, endedDays: number): readonly WriteAction[] {
  const until = { expires_at: toSeconds(endedUntilMs(ad, endedDays)) };
  return [
    {
      type: 'put',
      key: endedKey(ad.id),
      attributes: { ad: adToRow(ad), ended_version: BigInt(endedVersion), ...until },
    },
    { type: 'put', key: endedOnDayKey(ad.endAt, ad.id), attributes: until },
  ];
}

/**
 * The ad of an item that `keepEnded` wrote; undefined: there is none, or its time is over by the item or by the
 * stage's setting of today, whichever is shorter.
 */
export function parseEnded(item: Attributes | undefined, endedDays: number, nowMs: number): Ad | undefined {
  if (item === undefined) return undefined;
  const { ad: row, expires_at: expiresAt } = item;
  const ad = typeof row === 'string' ? parseAdRow(row) : undefined;
  assert(ad !== undefined && typeof expiresAt === 'bigint', 'an ended item that does not hold an ad');
  const untilMs = Math.min(Number(expiresAt) * 1000, endedUntilMs(ad, endedDays));
  return nowMs < untilMs ? ad : undefined;
}
