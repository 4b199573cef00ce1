import type { AdChange } from '../../core/ads/ad-change.ts';
import type { Ad } from '../../core/ads/ad.ts';
import { SnapshotAds } from '../../core/ads/snapshot/snapshot-ads.ts';
import type { AdFollower } from './ad-recovery.ts';

export interface AdEnd {
  readonly adId: string;
  readonly endAt: number;
  /** The version of the ad's last change. */
  readonly version: number;
}

/** Follows the ends of the live ads and nothing else: a sweep has no use for their texts. */
export class EndsFollower implements AdFollower<SnapshotAds> {
  version = 0;
  readonly #ends = new Map<string, AdEnd>();

  createRows(): SnapshotAds {
    return new SnapshotAds();
  }

  load({ ads }: SnapshotAds, version: number): void {
    this.#ends.clear();
    for (const ad of ads) this.#put(ad);
    this.version = version;
  }

  apply(changes: readonly AdChange[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.#put(change.ad);
      else this.#ends.delete(change.adId);
      this.version = change.version;
    }
  }

  /** Ads whose end came before `instantMs`, the longest ended first. */
  endedBefore(instantMs: number): AdEnd[] {
    const ended: AdEnd[] = [];
    for (const end of this.#ends.values()) if (end.endAt < instantMs) ended.push(end);
    return ended.sort((a, b) => a.endAt - b.endAt);
  }

  #put({ id, endAt, version }: Ad): void {
    this.#ends.set(id, { adId: id, endAt, version });
  }
}
