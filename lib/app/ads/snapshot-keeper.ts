import type { AdState } from '../../core/ads/ad-state.ts';
import { isPortError } from '../../ports/port-error.ts';
import type { Ports } from '../ports.ts';
import type { AdHead } from './ad-head.ts';
import { removeOldSnapshots } from './snapshot-cleaner.ts';
import { writeSnapshot } from './snapshot-writer.ts';

/** Below this, reading the changes one by one costs a page or two. */
const changesBytesMinDefault = 256 * 1024;

/** A reader never has more than half a snapshot's weight in changes to read on top of it. */
const changesPerSnapshot = 1 / 2;

/** After a snapshot that could not be written: encoding it again with every batch would help nobody. */
const pauseAfterFailureMs = 30_000;

export interface SnapshotKeeper {
  /**
   * Writes a snapshot if one is due, and removes old ones. Hands on the head after it, or undefined when the head must
   * be read again. Never rejects for a failure of the store: without a new snapshot the old one and the changes do.
   */
  keep(state: AdState, head: AdHead | undefined, moveHead: (head: AdHead | undefined) => void): Promise<void>;
}

export function createSnapshotKeeper(
  deps: Pick<Ports, 'state' | 'clock' | 'telemetry'>,
  changesBytesMin = changesBytesMinDefault,
): SnapshotKeeper {
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  return {
    keep: async (state, head, moveHead) => {
      if (head === undefined || deps.clock.monotonicMs() < pausedUntilMs) return;
      if (head.changesBytes <= Math.max(changesBytesMin, head.snapshotBytes * changesPerSnapshot)) return;
      try {
        moveHead(undefined);
        const moved = await writeSnapshot(deps, state, head);
        moveHead(moved);
        if (moved !== undefined) await removeOldSnapshots(deps);
        else pausedUntilMs = deps.clock.monotonicMs() + pauseAfterFailureMs;
      } catch (error) {
        if (!isPortError(error)) throw error;
        pausedUntilMs = deps.clock.monotonicMs() + pauseAfterFailureMs;
        deps.telemetry.warn('snapshot not kept', { reason: error.message, version: head.version });
      }
    },
  };
}
