import { assert } from '../assert.ts';
import type { AdChange } from './ad-change.ts';
import { adBytes } from './ad-bytes.ts';
import { evolve, type AdState, type AdStateView } from './ad-state.ts';
import type { Ad } from './ad.ts';

/**
 * Changes that are decided but not yet committed, over the state they build on. Nothing touches that state until
 * `commit`, so a commit that failed, or whose outcome nobody knows, leaves a state that is still true at its version.
 */
export class AdStateOverlay implements AdStateView {
  readonly changes: AdChange[] = [];
  readonly base: AdState;
  /** The ads that the changes touch, as they stand after them; undefined: removed. */
  readonly touched = new Map<string, Ad | undefined>();
  #size: number;
  #liveBytes: number;

  constructor(base: AdState) {
    this.base = base;
    this.#size = base.size;
    this.#liveBytes = base.liveBytes;
  }

  get version(): number {
    return this.base.version + this.changes.length;
  }

  get size(): number {
    return this.#size;
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  get(adId: string): Ad | undefined {
    return this.touched.has(adId) ? this.touched.get(adId) : this.base.get(adId);
  }

  apply(change: AdChange): void {
    assert(change.version === this.version + 1, `change ${change.version} after ${this.version}`);
    const after = change.type === 'put' ? change.ad : undefined;
    const adId = change.type === 'put' ? change.ad.id : change.adId;
    const before = this.get(adId);
    this.#size += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    this.#liveBytes +=
      (after === undefined ? 0 : adBytes(after)) - (before === undefined ? 0 : adBytes(before));
    this.touched.set(adId, after);
    this.changes.push(change);
  }

  /** Moves the state below over the changes. The overlay is of no use afterwards. */
  commit(): void {
    for (const change of this.changes) evolve(this.base, change);
  }
}
