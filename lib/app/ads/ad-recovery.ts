import type { AdChange } from '../../core/ads/ad-change.ts';
import { AdState, evolve } from '../../core/ads/ad-state.ts';
import { SnapshotAds } from '../../core/ads/snapshot/snapshot-ads.ts';
import type { SnapshotRows } from '../../core/ads/snapshot/snapshot-codec.ts';
import type { StateReads } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import type { AdHead } from './ad-head.ts';
import { ChangeLogGapError, readChanges } from './change-log.ts';
import { loadSnapshot, type LoadOptions } from './snapshot-reader.ts';

/** A state that follows the change log. Between two calls it is always at `version`. */
export interface AdFollower<Rows extends SnapshotRows = SnapshotRows> {
  readonly version: number;
  /** Where the rows of a snapshot are collected. */
  createRows(): Rows;
  /** Drops its state and starts from these live ads, which it owns from now on. */
  load(rows: Rows, version: number): void;
  /** Applies the next changes, without a gap. */
  apply(changes: readonly AdChange[]): void;
}

/** Up to this many changes are always read one by one, however few ads there are. */
const changesFollowedMin = 1000;

/**
 * Brings a follower to the head's version. It applies the missing changes. If the follower is cold or too
 * old, or the changes have a gap, it loads a snapshot and applies the changes after it, or all changes from
 * the first on. A follower that is ahead stays as it is. Rejects with a StateStoreError, or with a
 * ChangeLogGapError if no way leads to the head; the follower may then be part of the way.
 */
export async function bringUpTo<Rows extends SnapshotRows>(
  deps: Pick<Ports, 'telemetry' | 'blobs'> & { readonly state: StateReads },
  head: AdHead,
  follower: AdFollower<Rows>,
  options: LoadOptions = {},
): Promise<void> {
  if (follower.version >= head.version) return;
  if (!isReloadCheaper(head, follower.version)) {
    try {
      await follow(deps, head, follower);
      return;
    } catch (error) {
      if (!(error instanceof ChangeLogGapError)) throw error;
      deps.telemetry.warn('catalog reloads', { reason: error.message });
    }
  }
  const snapshot = await loadSnapshot(deps, head.active, () => follower.createRows(), options);
  if (snapshot !== undefined) follower.load(snapshot.rows, snapshot.version);
  else if (follower.version > 0) follower.load(follower.createRows(), 0);
  await follow(deps, head, follower);
}

/** Loading a snapshot costs about as much as one change per live ad. */
function isReloadCheaper(head: AdHead, version: number): boolean {
  if (head.active.snapshotVersion <= version) return false;
  return version === 0 || head.version - version > Math.max(changesFollowedMin, head.liveAds);
}

async function follow<Rows extends SnapshotRows>(
  deps: { readonly state: StateReads },
  head: AdHead,
  follower: AdFollower<Rows>,
): Promise<void> {
  for await (const changes of readChanges(deps, follower.version, head.version)) follower.apply(changes);
}

/** Builds the state that decide needs. */
export class StateFollower implements AdFollower<SnapshotAds> {
  state = new AdState();

  get version(): number {
    return this.state.version;
  }

  createRows(): SnapshotAds {
    return new SnapshotAds();
  }

  load({ ads }: SnapshotAds, version: number): void {
    this.state = AdState.from(ads, version);
  }

  apply(changes: readonly AdChange[]): void {
    for (const change of changes) evolve(this.state, change);
  }
}
