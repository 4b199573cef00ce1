import type { AdChange } from '../../core/ads/ad-change.ts';
import { AdState, evolve } from '../../core/ads/ad-state.ts';
import { SnapshotAds } from '../../core/ads/snapshot/snapshot-ads.ts';
import type { SnapshotRows } from '../../core/ads/snapshot/snapshot-codec.ts';
import type { Ports } from '../ports.ts';
import type { AdHead } from './ad-head.ts';
import { ChangeLogGapError, readChanges } from './change-log.ts';
import { loadSnapshot } from './snapshot-reader.ts';

/** What follows the change log. It is at `version` between any two calls, whatever happens in between. */
export interface AdFollower<Rows extends SnapshotRows = SnapshotRows> {
  readonly version: number;
  /** What a snapshot is to be read into. */
  createRows(): Rows;
  /** Forgets what it knew and starts from these live ads, which are its from now on. */
  load(rows: Rows, version: number): void;
  /** The next changes, without a gap. */
  apply(changes: readonly AdChange[]): void;
}

/** Fewer changes than this are always read one by one, however few ads there are. */
const changesFollowedMin = 1000;

/**
 * Brings a follower to the head's version: by the changes it lacks; or, when it is cold, too far behind, or the changes
 * do not join, from a snapshot and the changes after it; or from the first change on. A follower that is ahead stays.
 * Rejects with a StateStoreError, or a ChangeLogGapError when no way leads to the head; the follower may have got part
 * of the way.
 */
export async function bringUpTo<Rows extends SnapshotRows>(
  deps: Pick<Ports, 'state' | 'telemetry'>,
  head: AdHead,
  follower: AdFollower<Rows>,
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
  const snapshot = await loadSnapshot(deps, head.snapshotVersion, () => follower.createRows());
  if (snapshot !== undefined) follower.load(snapshot.rows, snapshot.version);
  else if (follower.version > 0) follower.load(follower.createRows(), 0);
  await follow(deps, head, follower);
}

/** A snapshot costs about as much as a change per live ad. */
function isReloadCheaper(head: AdHead, version: number): boolean {
  if (head.snapshotVersion <= version) return false;
  return version === 0 || head.version - version > Math.max(changesFollowedMin, head.liveAds);
}

async function follow<Rows extends SnapshotRows>(
  deps: Pick<Ports, 'state'>,
  head: AdHead,
  follower: AdFollower<Rows>,
): Promise<void> {
  for await (const changes of readChanges(deps, follower.version, head.version)) follower.apply(changes);
}

/** Follows into the state that decide needs. */
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
