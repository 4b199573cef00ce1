import { adBytes, checkContent } from '../../core/ads/ad-content.ts';
import type { Refusal } from '../../core/ads/ad-change.ts';
import type { AdDeleted, AdUpdated } from '../../core/ads/ad-event.ts';
import type { Ad, AdContent } from '../../core/ads/ad.ts';
import type { AdStateView } from '../../core/ads/ad-state.ts';
import { decide } from '../../core/ads/decide.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { headKey } from '../state-keys.ts';
import { parseHead } from './ad-head.ts';

/** What decide would answer for the current ad. Only the projector knows limits and versions. */
export function refuseChange(event: AdUpdated | AdDeleted, ad: Ad): Refusal | undefined {
  // Only the projector knows who has an external id, too.
  const view: AdStateView = {
    ...{ version: ad.version, size: 1, liveBytes: 0 },
    get: () => ad,
    byExternalId: () => undefined,
  };
  const noLimits = { liveAdsMax: Infinity, liveBytesMax: Infinity };
  const decision = decide(event, view, noLimits);
  // An update that changes nothing still goes to the log, because a change before it there may make it one
  // that does.
  return decision.type === 'refused' ? decision.reason : undefined;
}

/** Checks a new ad as far as possible before it is appended. */
export async function refuseCreate(
  { state, settings }: Pick<Ports, 'state' | 'settings'>,
  content: AdContent,
  nowMs: number,
): Promise<Refusal | undefined> {
  const reason = checkContent(content, nowMs);
  if (reason !== undefined) return reason;
  try {
    const { liveAds, liveBytes } = parseHead(await state.get(headKey));
    const { liveAdsMax, liveBytesMax } = settings.ads;
    return liveAds >= liveAdsMax || liveBytes + adBytes(content) > liveBytesMax ? 'over-limit' : undefined;
  } catch (error) {
    // Creating needs only the log; the projector refuses an ad over the limit.
    if (isStateStoreError(error)) return undefined;
    throw error;
  }
}
