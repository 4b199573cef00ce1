import { assert } from '../../core/assert.ts';
import { beginAgain, judgeCanary, type CanaryAccount } from '../../core/counters/canary.ts';
import { isSettled } from '../../core/counters/counter-record.ts';
import { toPartitionKey } from '../../core/counters/counter-key.ts';
import { canaryKey } from '../../core/counters/reserved-key.ts';
import { markAttribute, type LogPosition } from '../../core/log-position.ts';
import type { Attributes } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import { appendEvents } from '../append-events.ts';
import { encodeIncrement } from '../counters/increment-codec.ts';
import type { Ports } from '../ports.ts';
import { readSkipState } from '../quarantine/skip-state.ts';
import { keyedEventId } from '../request-identity.ts';
import { poll } from '../retry.ts';
import { counterKey, incrementClaimKey } from '../state-keys.ts';
import {
  readCanaryState,
  writeCanaryState,
  type CanaryResult,
  type CanaryState,
  type CanaryStatus,
} from './canary-state.ts';

export type CanaryDeps = Pick<Ports, 'increments' | 'state' | 'clock' | 'ids' | 'telemetry'> & {
  /** The process is about to stop: a run that waits ends without a result. Default: never. */
  readonly isStopping?: () => boolean;
};

/** An acknowledged increment is visible within this time (docs/promises.md, G2), milliseconds. */
const canaryLateMs = 10_000;

/**
 * How long the same event is sent again, milliseconds: an hour less than a client may repeat a keyed request. Its
 * claim lives much longer, so clocks that disagree do no harm.
 */
const canaryRepeatedForMs = 23 * 3_600_000;

/**
 * One run of the canary: it increments a counter of the product itself by 1 through the log, waits until it is
 * counted, and compares the total with what was sent. The event id is made from the number of the increment, so
 * a run may append what another has appended, and it counts once: a run that dies or is late leaves its increment
 * to the next. Two runs at a time do no harm: the one that writes its state second ends without a result
 * (undefined). Rejects with a PortError; the next run goes on.
 */
export async function runCanary(deps: CanaryDeps): Promise<CanaryResult | undefined> {
  const atMs = deps.clock.nowMs();
  const found = await readCanaryState(deps.state);
  const told = found?.untold === undefined ? found : await report(deps, found, found.untold);
  if (found !== undefined && told === undefined) return undefined;
  const begun = await begin(deps, told, atMs);
  if (begun === undefined) return undefined;

  const appended = await append(deps, begun);
  const item = appended && (await waitUntilSettled(deps, appended));
  if (item === 'stopping') return undefined;
  const next =
    appended === undefined || item === undefined
      ? ({ status: 'late', account: begun.account } as const)
      : await judge(deps, begun, { position: appended, total: totalOf(item) });
  return finish(deps, begun, { ...next, atMs });
}

/** The state with an increment to send: that of an earlier run, or the next one. */
async function begin(
  deps: CanaryDeps,
  found: CanaryState | undefined,
  nowMs: number,
): Promise<CanaryState | undefined> {
  const { state, ids } = deps;
  if (found === undefined) {
    const total = totalOf(await state.get(counterKey(canaryKey)));
    const account = sendNext(beginAgain({ missing: 0n }, total));
    const first = { start: ids.nonce(), account, pendingAtMs: nowMs, untold: undefined, result: undefined };
    return writeCanaryState(state, undefined, first);
  }
  const { account, pendingAtMs } = found;
  if (pendingAtMs !== undefined && nowMs - pendingAtMs < canaryRepeatedForMs) return found;
  // An increment that was pending for too long may still be counted, or never.
  const missing = account.missing + (pendingAtMs === undefined ? 0n : 1n);
  return writeCanaryState(state, found, {
    ...found,
    account: sendNext({ ...account, missing }),
    pendingAtMs: nowMs,
  });
}

function sendNext(account: CanaryAccount): CanaryAccount {
  return { ...account, sent: account.sent + 1n };
}

/** undefined: the log did not take it, or nobody knows. */
async function append(deps: CanaryDeps, { start, account }: CanaryState): Promise<LogPosition | undefined> {
  const { increments, clock } = deps;
  const data = encodeIncrement({
    ...{ v: 1, type: 'Incremented', id: eventIdOf(start, account.sent), key: canaryKey },
    ...{ value: '1', count: 1, keyed: true, at: clock.nowMs() },
  });
  const entry = { partitionKey: toPartitionKey(canaryKey), data };
  const [result] = await appendEvents({ ...deps, log: increments }, [entry], { repeatable: true });
  assert(result !== undefined, 'every entry has a result');
  if (result.status === 'failed') return undefined;
  const { shardId, sequenceNumber } = result;
  return { epoch: increments.epoch, shardId, sequenceNumber };
}

function eventIdOf(start: string, number: bigint): string {
  return keyedEventId(`canary:${start}`, Number(number));
}

/** The counter, once its mark has passed the record; undefined: it did not in time. */
function waitUntilSettled(
  { state, clock, isStopping }: CanaryDeps,
  position: LogPosition,
): Promise<Attributes | 'stopping' | undefined> {
  const mark = markAttribute(position);
  return poll(clock, canaryLateMs, async () => {
    if (isStopping?.() === true) return 'stopping';
    const item = await state.get(counterKey(canaryKey));
    return isSettled(item?.[mark], position.sequenceNumber) ? item : undefined;
  });
}

interface Judgement {
  readonly status: CanaryStatus;
  readonly account: CanaryAccount;
}

async function judge(
  { state }: CanaryDeps,
  { start, account }: CanaryState,
  { position, total }: { readonly position: LogPosition; readonly total: bigint },
): Promise<Judgement> {
  const judged = judgeCanary(account, total, false);
  if (judged.verdict === 'lost') {
    const isGivenUp = (await readSkipState({ state }, { stream: 'increments', ...position })) !== undefined;
    const again = judgeCanary(account, total, isGivenUp);
    return { status: again.verdict, account: again.account };
  }
  if (judged.verdict === 'doubled') {
    // A table that was restored has an older state than the log. Increments that this state has not sent yet were
    // counted from the log, and the next one is claimed.
    const claim = await state.get(incrementClaimKey(eventIdOf(start, account.sent + 1n)));
    if (claim !== undefined) return { status: 'restarted', account: beginAgain(account, total) };
  }
  return { status: judged.verdict, account: judged.account };
}

/** Writes the result, and only then reports it: a run that another has overtaken knows nothing for sure. */
async function finish(
  deps: CanaryDeps,
  begun: CanaryState,
  { status, account, atMs }: Judgement & { readonly atMs: number },
): Promise<CanaryResult | undefined> {
  const { state, ids, telemetry } = deps;
  const result: CanaryResult = { status, atMs };
  const untold = status === 'lost' || status === 'doubled' ? status : undefined;
  const written = await writeCanaryState(state, begun, {
    // The numbers begin again, and an event id is never used for another event.
    start: account.sent === 0n ? ids.nonce() : begun.start,
    account,
    pendingAtMs: status === 'late' ? begun.pendingAtMs : undefined,
    ...{ untold, result },
  });
  if (written === undefined) return undefined;
  telemetry.count(metrics.canaryRuns);
  if (status === 'late') telemetry.count(metrics.canaryLate);
  if (status !== 'counted') telemetry.warn('the canary was not counted as usual', { status });
  if (untold !== undefined) await report(deps, written, untold);
  return result;
}

/**
 * Reports a difference and notes that it did. A process that dies in between reports it twice rather than never.
 * undefined: another run has noted it, or was faster.
 */
async function report(
  { state, telemetry }: CanaryDeps,
  found: CanaryState,
  untold: 'lost' | 'doubled',
): Promise<CanaryState | undefined> {
  telemetry.count(metrics.canaryDifferences);
  telemetry.error('the total of the canary differs from what it has sent', { status: untold });
  return writeCanaryState(state, found, { ...found, untold: undefined });
}

function totalOf(item: Attributes | undefined): bigint {
  const total = item?.['total'];
  return typeof total === 'bigint' ? total : 0n;
}
