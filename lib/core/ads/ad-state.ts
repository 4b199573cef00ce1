import { assert, assertNever } from '../assert.ts';
import { adBytes } from './ad-content.ts';
import type { AdChange } from './ad-change.ts';
import type { Ad } from './ad.ts';

/** The state that decide needs: every live ad (created, not deleted, not expired) and their size. */
export interface AdStateView {
  /** The version of the last change; 0 before the first. */
  readonly version: number;
  /** Live ads. */
  readonly size: number;
  /** The sum of `adBytes` over the live ads. */
  readonly liveBytes: number;
  get(adId: string): Ad | undefined;
  /** The ad that has the external id, ended or not. */
  byExternalId(externalId: string): Ad | undefined;
}

/** The fold of the change log. Only `evolve` changes it. */
export class AdState implements AdStateView {
  version = 0;
  readonly ads = new Map<string, Ad>();
  /**
   * undefined: not computed yet. Readers never need it, and computing it would take a third of their replay.
   */
  #liveBytes: number | undefined;
  /** External id -> ad id. undefined: not computed yet; only deciding needs it. */
  #externalIds: Map<string, string> | undefined;

  static from(ads: readonly Ad[], version: number): AdState {
    const state = new AdState();
    for (const ad of ads) state.ads.set(ad.id, ad);
    state.version = version;
    assert(state.ads.size === ads.length, 'an ad is given twice');
    return state;
  }

  get size(): number {
    return this.ads.size;
  }

  /** Computed on first use, then kept up to date. */
  get liveBytes(): number {
    if (this.#liveBytes === undefined) {
      this.#liveBytes = 0;
      for (const ad of this.ads.values()) this.#liveBytes += adBytes(ad);
    }
    return this.#liveBytes;
  }

  get(adId: string): Ad | undefined {
    return this.ads.get(adId);
  }

  byExternalId(externalId: string): Ad | undefined {
    this.#externalIds ??= externalIdsOf(this.ads);
    const adId = this.#externalIds.get(externalId);
    return adId === undefined ? undefined : this.ads.get(adId);
  }

  put(ad: Ad): void {
    if (this.#liveBytes !== undefined) this.#liveBytes += adBytes(ad) - this.#bytesOf(ad.id);
    if (this.#externalIds !== undefined) {
      this.#release(ad.id, this.#externalIds);
      hold(this.#externalIds, ad);
    }
    this.ads.set(ad.id, ad);
  }

  /** false: there is no such ad. */
  remove(adId: string): boolean {
    if (this.#externalIds !== undefined) this.#release(adId, this.#externalIds);
    if (this.#liveBytes !== undefined) this.#liveBytes -= this.#bytesOf(adId);
    return this.ads.delete(adId);
  }

  #release(adId: string, externalIds: Map<string, string>): void {
    const externalId = this.ads.get(adId)?.externalId;
    if (externalId !== undefined) externalIds.delete(externalId);
  }

  #bytesOf(adId: string): number {
    const ad = this.ads.get(adId);
    return ad === undefined ? 0 : adBytes(ad);
  }
}

function externalIdsOf(ads: ReadonlyMap<string, Ad>): Map<string, string> {
  const externalIds = new Map<string, string>();
  for (const ad of ads.values()) hold(externalIds, ad);
  return externalIds;
}

function hold(externalIds: Map<string, string>, { id, externalId }: Ad): void {
  if (externalId === undefined) return;
  assert(!externalIds.has(externalId), 'two ads have one external id');
  externalIds.set(externalId, id);
}

/** Applies the next change. Throws an AssertionError if it is not the next one. */
export function evolve(state: AdState, change: AdChange): void {
  assert(change.version === state.version + 1, `change ${change.version} after ${state.version}`);
  switch (change.type) {
    case 'put':
      state.put(change.ad);
      break;
    case 'remove':
      assert(state.remove(change.adId), `change ${change.version} removes an unknown ad`);
      break;
    default:
      assertNever(change);
  }
  state.version = change.version;
}

/**
 * Changes that are decided but not yet committed, on top of the state that they change. That state stays
 * untouched until `commit`. So after a failed commit, or one with an unknown outcome, it is still right for
 * its version.
 */
export class AdStateOverlay implements AdStateView {
  readonly changes: AdChange[] = [];
  readonly base: AdState;
  /** The changed ads, as they are after the changes; undefined: removed. */
  readonly touched = new Map<string, Ad | undefined>();
  /** The external ids that the changes gave to an ad or, undefined, took from one. */
  readonly #externalIds = new Map<string, string | undefined>();
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

  byExternalId(externalId: string): Ad | undefined {
    if (!this.#externalIds.has(externalId)) return this.base.byExternalId(externalId);
    const adId = this.#externalIds.get(externalId);
    return adId === undefined ? undefined : this.get(adId);
  }

  apply(change: AdChange): void {
    assert(change.version === this.version + 1, `change ${change.version} after ${this.version}`);
    const after = change.type === 'put' ? change.ad : undefined;
    const adId = change.type === 'put' ? change.ad.id : change.adId;
    const before = this.get(adId);
    this.#size += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    this.#liveBytes +=
      (after === undefined ? 0 : adBytes(after)) - (before === undefined ? 0 : adBytes(before));
    if (before?.externalId !== undefined) this.#externalIds.set(before.externalId, undefined);
    if (after?.externalId !== undefined) this.#externalIds.set(after.externalId, adId);
    this.touched.set(adId, after);
    this.changes.push(change);
  }

  /** Applies the changes to the state below. Do not use the overlay afterwards. */
  commit(): void {
    for (const change of this.changes) evolve(this.base, change);
  }
}
