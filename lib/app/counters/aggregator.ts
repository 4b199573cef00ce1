import { backoffMs } from '../../core/backoff.ts';
import { groupRecords } from '../../core/counters/group-records.ts';
import type { Poison } from '../../core/counters/counter-record.ts';
import { isRightsRecord } from '../../core/delivery/goals/rights-record.ts';
import { compareSequenceNumbers } from '../../core/sequence-number.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { metrics } from '../../ports/telemetry.ts';
import { settingsNow } from '../control/effective-settings.ts';
import { withAttempts } from '../quarantine/attempts.ts';
import type { BatchOutcome, RecordBatch } from '../record-batch.ts';
import { TracedEvents } from '../trace.ts';
import type { RetryLimits } from '../retry.ts';
import { createHotHint, type HotHint } from './hot/hot-hint.ts';
import { createTopKeysWriter, type TopKeysWriter } from './hot/top-keys-writer.ts';
import { GroupSettler, openGroup, type OpenGroup, type SettlerPorts } from './group-settler.ts';
import { readRecord, type LoggedBody } from './read-record.ts';

/**
 * Retries within one invocation, with at most about 3 s of pauses. After that the mapping delivers again, for
 * as long as the log keeps the record.
 */
const retryLimits: RetryLimits = { retriesMax: 6, firstMs: 50, longestMs: 1000 };

export interface Aggregator {
  /**
   * Adds the batch's increments to their counters, each exactly once, even if batches repeat, overlap, run
   * side by side or end half way. Each tracked event of an ad becomes one more in one number of its counter, as
   * exactly, and orders about the rights of an ad are obeyed at their place among its events. `deadlineMs`: by the
   * monotonic clock; after it nothing is begun, and the rest is reported as unsettled. Failures of the state store and the quarantine are in the outcome.
   * Anything thrown is a bug, and its invocation counts as an unfinished try.
   */
  aggregate(batch: RecordBatch, options?: { readonly deadlineMs?: number }): Promise<BatchOutcome>;
}

/**
 * If the store or the quarantine fails and a record cannot be settled, the later records of its counter in
 * this batch wait; other counters do not. The mapping then delivers again from that record on, so records
 * after this batch in the same lane wait for the length of the outage plus the mapping's retry interval.
 */
export function createAggregator(deps: SettlerPorts, topKeys = createTopKeysWriter(deps)): Aggregator {
  const hotHint = createHotHint(deps);
  return {
    aggregate: (batch, { deadlineMs = Infinity } = {}) =>
      withAttempts(deps, batch, (givenUp) => {
        const read = givenUp === undefined ? readRecord : (): Poison => ({ type: 'poison', reason: givenUp });
        return settleBatch(deps, { batch, read, deadlineMs, topKeys, hotHint });
      }),
  };
}

type ReadBody = (record: LogRecord) => LoggedBody;

interface BatchOptions {
  readonly batch: RecordBatch;
  readonly read: ReadBody;
  readonly deadlineMs: number;
  readonly topKeys: TopKeysWriter;
  readonly hotHint: HotHint;
}

async function settleBatch(
  ports: SettlerPorts,
  { batch, read, deadlineMs, topKeys, hotHint }: BatchOptions,
): Promise<BatchOutcome> {
  // The levels of series stay the same for the whole batch.
  const deps = { ...ports, settings: settingsNow(ports.settings) };
  const { clock, ids, telemetry } = deps;
  const startedMs = clock.monotonicMs();
  const settler = new GroupSettler(deps, batch, { deadlineMs, topKeys });
  const traced = { increments: new TracedEvents(), tracked: new TracedEvents() };
  const groups = groupRecords(batch, batch.records, noting(traced, read));
  let open = await settler.pass(groups.map(openGroup));
  for (let failures = 1; open.length > 0 && failures <= retryLimits.retriesMax; failures += 1) {
    const delayMs = backoffMs(failures, retryLimits, ids.random());
    if (clock.monotonicMs() + delayMs >= deadlineMs) break;
    telemetry.count(metrics.stateRetries, open.length);
    await clock.sleep(delayMs);
    open = await settler.pass(open);
  }
  await settler.finish();
  telemetry.observe(metrics.flushMs, clock.monotonicMs() - startedMs);
  telemetry.observe(metrics.flushRecords, batch.records.length);
  const left = open.flatMap(({ remaining }) => remaining);
  traced.increments.tell(telemetry, 'settled an increment', left);
  traced.tracked.tell(telemetry, 'settled a tracked event', left);
  if (clock.monotonicMs() < deadlineMs) await hotHint.tell(batch, groups);
  if (clock.monotonicMs() < deadlineMs) await topKeys.save();
  return { lowestUnsettled: lowest(open) };
}

/** Reads as `read` does, and notes the events whose requests are sampled. */
function noting(
  { increments, tracked }: { readonly increments: TracedEvents; readonly tracked: TracedEvents },
  read: ReadBody,
): ReadBody {
  return (record) => {
    const body = read(record);
    if (body.type !== 'poison' && !isRightsRecord(body) && body.traceparent !== undefined) {
      const traced = body.type === 'Tracked' ? tracked : increments;
      traced.note({ id: body.id, traceparent: body.traceparent }, record.sequenceNumber);
    }
    return body;
  };
}

/**
 * The lowest number that is left. Every record below it is settled, because each counter's remaining records
 * are in order.
 */
function lowest(open: readonly OpenGroup[]): string | undefined {
  let found: string | undefined;
  for (const { remaining } of open) {
    const first = remaining[0]?.sequenceNumber;
    if (first === undefined) continue;
    if (found === undefined || compareSequenceNumbers(first, found) < 0) found = first;
  }
  return found;
}
