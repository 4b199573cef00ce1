import type { Ad } from './ad.ts';

/**
 * One entry of the change log, the log of record for ads: versions 1, 2, 3, ... without a gap. Replaying changes
 * never decides anything again.
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
  /** The merged ad has end_at <= start_at, or age_start > age_end. */
  | 'invalid-window'
  | 'invalid-ages'
  /** The merged ad would have ended at the event's instant. */
  | 'already-ended'
  /** The stage's limit of live ads or of their bytes. */
  | 'over-limit'
  /** An AdExpired whose ad has since got a later end, or came before the end by its own instant. */
  | 'not-due';
