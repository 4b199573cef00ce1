import type { Ad } from '../../core/ads/ad.ts';
import type { WriteAction } from '../../ports/state-store.ts';
import { adKey, type ProjectionId } from '../state-keys.ts';
import type { ProjectionHead } from './ad-head.ts';
import { adAttributes } from './ad-items.ts';
import { tombstoneUntil } from './recent-id.ts';

/** Writes an ad into a projection. */
export function putAd(ad: Ad, { id, form }: Pick<ProjectionHead, 'id' | 'form'>): WriteAction {
  return { type: 'put', key: adKey(ad.id, id), attributes: adAttributes(ad, form) };
}

/**
 * Removes an ad from a projection. One that is young leaves a tombstone, so that "removed" differs from "not
 * yet there" (recent-id.ts). `createdAtMs`, `nowMs`: milliseconds.
 */
export function removeAd(
  adId: string,
  createdAtMs: number,
  projection: ProjectionId,
  nowMs: number,
): WriteAction {
  const key = adKey(adId, projection);
  const untilMs = tombstoneUntil(adId, createdAtMs, nowMs);
  if (untilMs === undefined) return { type: 'delete', key };
  return { type: 'put', key, attributes: { expires_at: toSeconds(untilMs) } };
}

export function toSeconds(ms: number): bigint {
  return BigInt(Math.ceil(ms / 1000));
}
