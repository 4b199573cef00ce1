import type { Refusal } from '../../core/ads/ad-change.ts';
import type { Ad } from '../../core/ads/ad.ts';
import type { RequestIdentity } from '../request-identity.ts';

export interface WriteOptions {
  readonly identity: RequestIdentity;
  /** `Prefer: wait`: how long to wait for the outcome, at most `waitMsMax`; default 0. */
  readonly waitMs?: number;
  readonly traceparent?: string;
}

export interface VersionedWriteOptions extends WriteOptions {
  /** The client's If-Match. */
  readonly ifVersion?: number;
}

export type AdWriteResult =
  /** Appended; not seen applied in the time there was. */
  | { readonly status: 'accepted'; readonly adId: string; readonly token: string }
  /** Waited for and applied: the ad as this request made it, even if it has been changed or removed since. */
  | { readonly status: 'applied'; readonly adId: string; readonly token: string; readonly ad: Ad }
  | { readonly status: 'removed'; readonly adId: string; readonly token: string }
  /** An empty patch: nothing was appended. */
  | { readonly status: 'unchanged'; readonly ad: Ad }
  | { readonly status: 'refused'; readonly reason: Refusal }
  /** The id is unknown but so young that it may yet turn up. */
  | { readonly status: 'not-caught-up' }
  /** `ambiguous`: the write may take effect all the same. */
  | { readonly status: 'log-unavailable'; readonly ambiguous: boolean };
