import { assert } from '../../core/assert.ts';
import { metrics } from '../../ports/telemetry.ts';
import { withAttempts } from '../quarantine/attempts.ts';
import type { BatchOutcome, RecordBatch } from '../record-batch.ts';
import { readRecords } from './ad-batch.ts';
import { StateFollower } from './ad-recovery.ts';
import { createScheduleBreaker } from './schedule-breaker.ts';
import { settleRecords, type SettleDeps, type Working } from './settle-records.ts';
import { createSnapshotUpkeep, type SnapshotOptions } from './snapshot-upkeep.ts';

export interface AdProjector {
  /**
   * Settles the records in order: each is decided once and its effect committed, or it is quarantined, or it
   * was settled before. Never rejects for a failure of a port: the outcome names the first record that could
   * not be settled. `deadlineMs`: by the monotonic clock; after it nothing is begun, and the rest is left to
   * another delivery. Default: none.
   */
  project(batch: RecordBatch, options?: { readonly deadlineMs?: number }): Promise<BatchOutcome>;
}

export type AdProjectorOptions = SnapshotOptions;

export function createAdProjector(ports: SettleDeps, options: AdProjectorOptions = {}): AdProjector {
  const deps = { ...ports, schedule: createScheduleBreaker(ports) };
  const snapshots = createSnapshotUpkeep(deps, options);
  let kept: Working | undefined;

  /**
   * Removes the state instead of sharing it: a batch that is delivered again while its first delivery still
   * runs gets its own.
   */
  const takeWorking = (): Working => {
    const working = kept ?? { follower: new StateFollower(), head: undefined };
    kept = undefined;
    return working;
  };

  return {
    project: async (batch, { deadlineMs = Infinity } = {}) => {
      assert(batch.stream === 'ad-events', `the ad projector got a batch of ${batch.stream}`);
      return withAttempts(deps, batch, async (givenUp) => {
        const startedMs = deps.clock.monotonicMs();
        const working = takeWorking();
        const records = readRecords(batch.records, givenUp);
        const { unsettled, moved } = await settleRecords(deps, batch, { records, deadlineMs }, working);
        // A batch that was settled before does not wait for a snapshot: perhaps the snapshot ended the
        // function.
        if (moved && deps.clock.monotonicMs() < deadlineMs) {
          await snapshots.run(working.follower.state, working.head, (head) => {
            working.head = head;
          });
        }
        if (kept === undefined || kept.follower.version < working.follower.version) kept = working;
        deps.telemetry.observe(metrics.flushMs, deps.clock.monotonicMs() - startedMs);
        deps.telemetry.observe(metrics.flushRecords, batch.records.length);
        return { lowestUnsettled: unsettled[0]?.record.sequenceNumber };
      });
    },
  };
}
