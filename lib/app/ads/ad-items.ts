import { assert } from '../../core/assert.ts';
import type { Refusal } from '../../core/ads/ad-change.ts';
import { adToRow, parseAdRow } from '../../core/ads/ad-row.ts';
import type { Ad } from '../../core/ads/ad.ts';
import type { Attributes } from '../../ports/state-store.ts';

/** The decoded ad item (state-keys.ts) of an id. */
export type AdItem =
  | { readonly status: 'live'; readonly ad: Ad }
  /** It was removed a moment ago. */
  | { readonly status: 'removed' }
  /** Unknown, not yet projected, or removed long ago. */
  | { readonly status: 'absent' };

export function parseAdItem(item: Attributes | undefined): AdItem {
  if (item === undefined) return { status: 'absent' };
  if (item.ad === undefined) return { status: 'removed' };
  const ad = typeof item.ad === 'string' ? parseAdRow(item.ad) : undefined;
  assert(ad !== undefined, 'an ad item that does not hold an ad');
  return { status: 'live', ad };
}

/**
 * The forms of an ad's item that this release reads and writes, the newest last. Form 2 leaves out what the
 * JSON says too.
 */
export const adForms = [1, 2] as const;
export type AdForm = (typeof adForms)[number];
export const newestAdForm: AdForm = 2;

export function adAttributes(ad: Ad, form: AdForm): Attributes {
  const row = adToRow(ad);
  return form === 1 ? { ad: row, version: BigInt(ad.version), end_at: BigInt(ad.endAt) } : { ad: row };
}

/** What an import did to the ad of its external id. */
export interface Imported {
  readonly adId: string;
  readonly effect: ImportEffect;
}
const importEffects = ['created', 'updated', 'unchanged'] as const;
export type ImportEffect = (typeof importEffects)[number];

/** The result of an event. */
export type Outcome =
  | { readonly status: 'applied'; readonly version: number; readonly imported?: Imported }
  | { readonly status: 'refused'; readonly reason: Refusal };

export function outcomeAttributes(outcome: Outcome, adId: string, expiresAtSeconds: bigint): Attributes {
  const common = { outcome: outcome.status, ad_id: adId, expires_at: expiresAtSeconds };
  if (outcome.status === 'refused') return { ...common, reason: outcome.reason };
  const { version, imported } = outcome;
  return {
    ...common,
    version: BigInt(version),
    ...(imported && { ad_id: imported.adId, effect: imported.effect }),
  };
}

/** undefined: the event has not been decided yet. */
export function parseOutcome(item: Attributes | undefined): Outcome | undefined {
  if (item === undefined) return undefined;
  if (item.outcome === 'applied') {
    assert(typeof item.version === 'bigint', 'an outcome without a version');
    const outcome = { status: 'applied', version: Number(item.version) } as const;
    const effect = importEffects.find((name) => name === item.effect);
    if (effect === undefined || typeof item.ad_id !== 'string') return outcome;
    return { ...outcome, imported: { adId: item.ad_id, effect } };
  }
  assert(item.outcome === 'refused' && typeof item.reason === 'string', 'an outcome that says nothing');
  return { status: 'refused', reason: item.reason as Refusal };
}
