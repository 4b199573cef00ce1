import { assertNever } from '../assert.ts';
import { adFromRow, adToRow, parseJson } from './ad-row.ts';
import type { Ad } from './ad.ts';

/**
 * One entry of the change log, the log of record for ads: versions 1, 2, 3, ... without a gap. Replaying
 * changes never decides anything again.
 */
export type AdChange =
  | { readonly type: 'put'; readonly version: number; readonly ad: Ad }
  | {
      readonly type: 'remove';
      readonly version: number;
      readonly adId: string;
      readonly reason: 'deleted' | 'expired';
    };

/** Why an event made no change. */
export type Refusal =
  /** The ad is unknown, deleted or expired. */
  | 'not-found'
  /** `ifVersion` is not the ad's version. */
  | 'version-mismatch'
  /** The id is taken by another event. */
  | 'already-exists'
  /** Another live ad has the external id. */
  | 'external-id-taken'
  /** The merged ad has end_at <= start_at, or age_start > age_end. */
  | 'invalid-window'
  | 'invalid-ages'
  /** The merged ad has more metadata than an ad may have. */
  | 'metadata-too-large'
  /** The merged ad has a cap for its campaign, and no campaign. */
  | 'cap-without-campaign'
  /** The merged ad would have ended at the event's instant. */
  | 'already-ended'
  /** The stage's limit of live ads or of their bytes. */
  | 'over-limit'
  /** The ad of an AdExpired has a later end by now, or the event's own instant is before that end. */
  | 'not-due';

/**
 * `{"v":1,"put":<row>}` or `{"v":1,"remove":<id>,"reason":...,"version":n}`; the put's version is its ad's.
 */
export function changeToJson(change: AdChange): string {
  switch (change.type) {
    case 'put':
      return `{"v":1,"put":${adToRow(change.ad)}}`;
    case 'remove': {
      const { adId, reason, version } = change;
      return JSON.stringify({ v: 1, remove: adId, reason, version });
    }
    default:
      return assertNever(change);
  }
}

/** undefined: the text is not a change. */
export function changeFromJson(text: string): AdChange | undefined {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { v, put, remove: adId, reason, version } = value as Record<string, unknown>;
  if (v !== 1) return undefined;
  if (put !== undefined) {
    const ad = adFromRow(put);
    return ad === undefined ? undefined : { type: 'put', version: ad.version, ad };
  }
  if (typeof adId !== 'string' || !Number.isSafeInteger(version)) return undefined;
  if (reason !== 'deleted' && reason !== 'expired') return undefined;
  return { type: 'remove', version: version as number, adId, reason };
}
