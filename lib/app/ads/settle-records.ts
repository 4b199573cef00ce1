import { assert } from '../../core/assert.ts';
import { backoffMs, type Backoff } from '../../core/backoff.ts';
import type { ShardRef } from '../../core/log-position.ts';
import { isPortError } from '../../ports/port-error.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { keepInQuarantine } from '../quarantine/give-up.ts';
import { headKey } from '../state-keys.ts';
import { readSettledEvents, type PendingRecord } from './ad-batch.ts';
import { planCommit, type CommitPlan } from './ad-commit-plan.ts';
import { commit } from './ad-commit.ts';
import { parseHead, projectionsOf, settledMark, type AdHead } from './ad-head.ts';
import { bringUpTo, StateFollower } from './ad-recovery.ts';
import { clearSchedules, setSchedules, touchedBefore } from './ad-schedules.ts';
import { ChangeLogGapError } from './change-log.ts';

export type SettleDeps = Pick<
  Ports,
  'state' | 'blobs' | 'schedule' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'
>;

/** After this many failures in a row without a commit, the rest is left to the next delivery. */
const failuresMax = 5;
/** With jitter, so that two projectors stop fencing each other. */
const backoff: Backoff = { firstMs: 40, longestMs: 1000 };

/**
 * The state in memory is always right for its version, because only committed changes move it. `head` is
 * undefined if it must be read again, because a commit failed or may have failed.
 */
export interface Working {
  follower: StateFollower;
  head: AdHead | undefined;
}

export interface Settled {
  /** The records that are left for another delivery, in order. */
  readonly unsettled: readonly PendingRecord[];
  /** Something was committed. */
  readonly moved: boolean;
}

export interface SettleWork {
  readonly records: readonly PendingRecord[];
  /** By the monotonic clock: after it nothing is begun. */
  readonly deadlineMs: number;
}

/** Settles as many records as it can. After a failure of a port it retries for a while. */
export async function settleRecords(
  deps: SettleDeps,
  shard: ShardRef,
  { records, deadlineMs }: SettleWork,
  working: Working,
): Promise<Settled> {
  let pending = records;
  let moved = false;
  let settled: Set<string> | undefined;
  let failures = 0;
  /** true: the head was read from the store in this call. */
  let confirmed = false;
  while (pending.length > 0 && failures < failuresMax) {
    if (failures > 0) {
      const pauseMs = backoffMs(failures, backoff, deps.ids.random());
      if (deps.clock.monotonicMs() + pauseMs >= deadlineMs) break;
      await deps.clock.sleep(pauseMs);
    }
    try {
      if (working.head === undefined) {
        working.head = await recover(deps, working);
        settled = undefined;
        confirmed = true;
      }
      const mark = settledMark(working.head, shard);
      const left = mark === undefined ? pending : pending.filter((next) => next.mark > mark);
      if (left.length < pending.length && !confirmed) {
        // Memory alone never settles a record: the tables may have been restored, and then the log delivers
        // again.
        working.head = undefined;
        continue;
      }
      pending = left;
      if (deps.clock.monotonicMs() >= deadlineMs) break;
      settled ??= await readSettledEvents(deps, pending);
      if (pending.length === 0) break;
      if (await settleSome(deps, shard, { pending, settled }, working)) {
        failures = 0;
        moved = true;
        confirmed = true;
      } else {
        failures += 1;
      }
    } catch (error) {
      if (!isPortError(error) && !(error instanceof ChangeLogGapError)) throw error;
      deps.telemetry.count(metrics.stateRetries);
      deps.telemetry.warn('ad events wait', { reason: error.message, records: pending.length });
      failures += 1;
    }
  }
  return { unsettled: pending, moved };
}

/** One transaction. False: another projector has moved the head. */
async function settleSome(
  deps: SettleDeps,
  shard: ShardRef,
  work: { readonly pending: readonly PendingRecord[]; readonly settled: Set<string> },
  working: Working,
): Promise<boolean> {
  const { head, follower } = working;
  assert(head?.version === follower.version, 'the state belongs to its head');
  const projections = projectionsOf(head).length;
  const plan = planCommit(work.pending, follower.state, work.settled, deps.settings.ads, projections);
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
  deps: Pick<Ports, 'quarantine' | 'clock'>,
  shard: ShardRef,
  plan: CommitPlan,
): Promise<void> {
  for (const { pending, reason } of plan.undecodable) {
    await keepInQuarantine(deps, 'ad-events', { shard, record: pending.record, reason });
  }
}

/** Reads the head and brings the state to it. Drops a state that is ahead of restored tables. */
async function recover(deps: Pick<Ports, 'state' | 'telemetry'>, working: Working): Promise<AdHead> {
  const head = parseHead(await deps.state.get(headKey));
  if (head.version < working.follower.version) {
    deps.telemetry.warn('the tables are older than the state', {
      head: head.version,
      known: working.follower.version,
    });
    working.follower = new StateFollower();
  }
  await bringUpTo(deps, head, working.follower);
  assert(
    working.follower.version === head.version,
    `the state is at ${working.follower.version}, the head at ${head.version}`,
  );
  return head;
}
