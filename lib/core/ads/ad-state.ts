import { assert, assertNever } from '../assert.ts';
import type { AdChange } from './ad-change.ts';
import { adBytes } from './ad-bytes.ts';
import type { Ad } from './ad.ts';

/** What decide needs to know: every live ad (created and neither deleted nor expired) and what they weigh. */
export interface AdStateView {
  /** The version of the last change; 0 before the first. */
  readonly version: number;
  /** Live ads. */
  readonly size: number;
  /** The sum of `adBytes` over the live ads. */
  readonly liveBytes: number;
  get(adId: string): Ad | undefined;
}

/** The fold of the change log. Only `evolve` changes it. */
export class AdState implements AdStateView {
  version = 0;
  liveBytes = 0;
  readonly ads = new Map<string, Ad>();

  static from(ads: readonly Ad[], version: number): AdState {
    const state = new AdState();
    for (const ad of ads) {
      state.ads.set(ad.id, ad);
      state.liveBytes += adBytes(ad);
    }
    state.version = version;
    assert(state.ads.size === ads.length, 'an ad is given twice');
    return state;
  }

  get size(): number {
    return this.ads.size;
  }

  get(adId: string): Ad | undefined {
    return this.ads.get(adId);
  }
}

/** Takes over the next change. Throws an AssertionError when it is not the next one. */
export function evolve(state: AdState, change: AdChange): void {
  assert(change.version === state.version + 1, `change ${change.version} after ${state.version}`);
  switch (change.type) {
    case 'put': {
      const before = state.ads.get(change.ad.id);
      state.ads.set(change.ad.id, change.ad);
      state.liveBytes += adBytes(change.ad) - (before === undefined ? 0 : adBytes(before));
      break;
    }
    case 'remove': {
      const before = state.ads.get(change.adId);
      assert(before !== undefined, `change ${change.version} removes an unknown ad`);
      state.ads.delete(change.adId);
      state.liveBytes -= adBytes(before);
      break;
    }
    default:
      assertNever(change);
  }
  state.version = change.version;
}
