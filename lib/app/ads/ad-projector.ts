import { assert } from '../../core/assert.ts';
import type { ShardRef } from '../../core/log-position.ts';
import { isPortError } from '../../ports/port-error.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { createAttempts, suspectOf, unfinishedTriesMax } from '../quarantine/attempts.ts';
import type { BatchOutcome, RecordBatch } from '../record-batch.ts';
import { headKey } from '../state-keys.ts';
import { readRecords, readSettledEvents, type PendingRecord } from './ad-batch.ts';
import { planCommit, type CommitPlan } from './ad-commit-plan.ts';
import { commit } from './ad-commit.ts';
import { parseHead, settledMark, type AdHead } from './ad-head.ts';
import { bringUpTo, StateFollower } from './ad-recovery.ts';
import { clearSchedules, setSchedules, touchedBefore } from './ad-schedules.ts';
import { ChangeLogGapError } from './change-log.ts';
import { createSnapshotKeeper } from './snapshot-keeper.ts';

export interface AdProjector {
  /**
   * Settles the records in order: each is decided once and its effect committed, or it is quarantined, or it had been
   * settled before. Never rejects for a failure of a port: what could not be settled is in the outcome.
   */
  project(batch: RecordBatch): Promise<BatchOutcome>;
}

export interface AdProjectorOptions {
  /** Bytes of changes below which no snapshot is written, whatever the last one weighs. Default 256 KiB. */
  readonly snapshotChangesBytesMin?: number;
}

type Deps = Pick<Ports, 'state' | 'schedule' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/** Failures in a row, without a commit between them, after which the rest is left to the next delivery. */
const failuresMax = 5;
const backoffMs = 20;
const backoffMsMax = 1000;

/**
 * The state in memory is true at its version, always: it moves only over what is committed. `head` is undefined when
 * it has to be read again, because a commit failed or nobody knows whether it did.
 */
interface Working {
  readonly follower: StateFollower;
  head: AdHead | undefined;
}

export function createAdProjector(deps: Deps, options: AdProjectorOptions = {}): AdProjector {
  const attempts = createAttempts(deps);
  const snapshots = createSnapshotKeeper(deps, options.snapshotChangesBytesMin);
  let kept: Working | undefined;

  /** Taken, not shared: a batch that is delivered again while its first delivery still runs gets a state of its own. */
  const takeWorking = (): Working => {
    const working = kept ?? { follower: new StateFollower(), head: undefined };
    kept = undefined;
    return working;
  };

  return {
    project: async (batch) => {
      assert(batch.stream === 'ad-events', `the ad projector got a batch of ${batch.stream}`);
      const suspect = suspectOf(batch, deps.clock.nowMs());
      const position = suspect && { ...batch, sequenceNumber: suspect.sequenceNumber };
      let givenUp: string | undefined;
      if (position !== undefined) {
        const tries = await orUndefined(attempts.begin(batch.stream, position));
        if (tries === undefined) return { lowestUnsettled: position.sequenceNumber };
        if (tries > unfinishedTriesMax) givenUp = `ended the function ${tries - 1} times`;
      }
      const working = takeWorking();
      const unsettled = await settle(deps, batch, readRecords(batch.records, givenUp), working);
      await snapshots.keep(working.follower.state, working.head, (head) => {
        working.head = head;
      });
      if (kept === undefined || kept.follower.version < working.follower.version) kept = working;
      if (position !== undefined) await orUndefined(attempts.clear(batch.stream, position));
      return { lowestUnsettled: unsettled[0]?.record.sequenceNumber };
    },
  };
}

/** Settles as many records as it can, and returns the rest. */
async function settle(
  deps: Deps,
  shard: ShardRef,
  records: readonly PendingRecord[],
  working: Working,
): Promise<readonly PendingRecord[]> {
  let pending = records;
  let settled: Set<string> | undefined;
  let failures = 0;
  while (pending.length > 0 && failures < failuresMax) {
    if (failures > 0) await deps.clock.sleep(backoff(deps, failures));
    try {
      if (working.head === undefined) {
        working.head = await recover(deps, working.follower);
        settled = undefined;
      }
      const mark = settledMark(working.head, shard);
      if (mark !== undefined) pending = pending.filter((next) => next.mark > mark);
      settled ??= await readSettledEvents(deps, pending);
      if (await settleSome(deps, shard, { pending, settled }, working)) failures = 0;
      else failures += 1;
    } catch (error) {
      if (!isPortError(error) && !(error instanceof ChangeLogGapError)) throw error;
      deps.telemetry.count(metrics.stateRetries);
      deps.telemetry.warn('ad events wait', { reason: error.message, records: pending.length });
      working.head = undefined;
      failures += 1;
    }
  }
  return pending;
}

/** One transaction. False: another projector has moved the head. */
async function settleSome(
  deps: Deps,
  shard: ShardRef,
  work: { readonly pending: readonly PendingRecord[]; readonly settled: Set<string> },
  working: Working,
): Promise<boolean> {
  const { head, follower } = working;
  if (work.pending.length === 0) return true;
  assert(head?.version === follower.version, 'the state belongs to its head');
  const plan = planCommit(work.pending, follower.state, work.settled, deps.settings.ads);
  const last = work.pending[plan.taken - 1];
  assert(last !== undefined, 'a plan takes a record at least');
  await storeUndecodable(deps, shard, plan);
  const before = touchedBefore(plan);
  await setSchedules(deps, plan);
  // Until the answer is here, nobody knows what the head is.
  working.head = undefined;
  const moved = await commit(deps, { plan, head, shard, last });
  if (moved === undefined) {
    deps.telemetry.count(metrics.fenceLost);
    return false;
  }
  plan.overlay.commit();
  working.head = moved;
  for (const { event } of plan.outcomes) work.settled.add(event.id);
  await clearSchedules(deps, plan, before);
  return true;
}

async function storeUndecodable(
  { quarantine, clock }: Pick<Ports, 'quarantine' | 'clock'>,
  { epoch, shardId }: ShardRef,
  plan: CommitPlan,
): Promise<void> {
  for (const { pending, reason } of plan.undecodable) {
    const quarantinedAtMs = clock.nowMs();
    await quarantine.store({
      stream: 'ad-events',
      epoch,
      shardId,
      ...pending.record,
      quarantinedAtMs,
      reason,
    });
  }
}

/** Reads the head and brings the state there. */
async function recover(deps: Pick<Ports, 'state' | 'telemetry'>, follower: StateFollower): Promise<AdHead> {
  const head = parseHead(await deps.state.get(headKey));
  await bringUpTo(deps, head, follower);
  assert(
    follower.version === head.version,
    `the state is at ${follower.version}, the head at ${head.version}`,
  );
  return head;
}

/** Exponential with full jitter, so that two projectors that fence each other part. */
function backoff({ ids }: Pick<Ports, 'ids'>, failures: number): number {
  return ids.random() * Math.min(backoffMs * 2 ** failures, backoffMsMax);
}

/** undefined: the port could not. */
async function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isPortError(error)) return undefined;
    throw error;
  }
}
