import type { LogRecord } from '../../ports/log-reader.ts';
import { errorName } from '../../ports/port-error.ts';
import { stopping, untilItWorks, type MappingContext } from './mapping-context.ts';
import { toKinesisEvent, type EventSource } from './kinesis-event.ts';
import { toFailureRecord, type FailureCondition } from './failure-record.ts';
import type { LaneQueue } from './lane-queue.ts';
import { verdictOf, type Verdict } from './outcome.ts';
import { expiredTo, nextSteps, wholeBatch, type Piece } from './piece.ts';
import { createWakeUp } from './wake-up.ts';

export interface LaneOptions {
  readonly context: MappingContext;
  readonly source: EventSource;
  readonly queue: LaneQueue;
  /** Monotonic time at which the window of the next batch opened; undefined: it has no record. */
  readonly openedAtMs: () => number | undefined;
  /** Do not wait for the window: nothing more can come before this batch is settled. */
  readonly flush: () => boolean;
  /** The next `count` records of the queue are settled. */
  readonly settle: (count: number) => void;
}

export interface Lane {
  /** Delivers batch after batch; resolves after `end`, or at stop when no invocation is running. */
  run(): Promise<void>;
  /** The queue has become non-empty or full, or a flush or stop has begun. */
  wake(): void;
  /** Nothing more will come, and all is settled. */
  end(): void;
  readonly busy: boolean;
}

/** Differences below this are rounding of the clock, not time to wait. */
const waitMsMin = 0.001;

/** One batch at a time, which keeps the records of a key in order. */
export function createLane(options: LaneOptions): Lane {
  const { context, queue, openedAtMs, flush } = options;
  const { clock, settings, pacer } = context;
  const windowMs = settings.maximumBatchingWindowSeconds * 1000;
  const wakeUp = createWakeUp(clock);
  let ended = false;
  let busy = false;

  /** Milliseconds until the next batch closes; undefined: it has not begun. */
  const closesInMs = (): number | undefined => {
    const opened = openedAtMs();
    if (opened === undefined) return undefined;
    if (queue.full || flush()) return 0;
    return opened + windowMs - clock.monotonicMs();
  };

  return {
    async run() {
      while (!stopping(context) && !ended) {
        const waitMs = closesInMs();
        if (waitMs === undefined || waitMs >= waitMsMin) {
          await wakeUp.wait(waitMs);
          continue;
        }
        busy = true;
        await pacer.rest();
        if (!stopping(context)) await deliver(options, queue.take());
        busy = false;
      }
    },
    wake() {
      wakeUp.wake();
    },
    end() {
      ended = true;
      wakeUp.wake();
    },
    get busy() {
      return busy;
    },
  };
}

/**
 * Delivers until every record is settled or the mapping stops. Halving makes the stack of pieces at most 15
 * deep.
 */
async function deliver(options: LaneOptions, batch: readonly LogRecord[]): Promise<void> {
  const { context, settle } = options;
  const { clock, settings, backoff, stop } = context;
  const ageMaxMs = settings.maximumRecordAgeSeconds < 0 ? Infinity : settings.maximumRecordAgeSeconds * 1000;
  const pieces = [wholeBatch(batch.length)];
  for (let piece = pieces.pop(); piece !== undefined && !stopping(context); piece = pieces.pop()) {
    const expired = expiredTo(batch, piece, clock.nowMs(), ageMaxMs);
    if (expired > piece.from) {
      if (!(await giveUp(options, batch, { ...piece, to: expired }, 'RecordAgeExceeded', null))) return;
      settle(expired - piece.from);
      if (expired < piece.to) pieces.push({ ...piece, from: expired });
      continue;
    }
    const verdict = await invoke(options, batch, piece);
    if (verdict === undefined) return;
    const next = nextSteps(piece, verdict, settings, backoff);
    settle(next.settledTo - piece.from);
    if (next.discard !== undefined) {
      const functionError =
        verdict.type === 'failed' && verdict.reason !== 'malformed-response' ? 'Unhandled' : null;
      if (!(await giveUp(options, batch, next.discard, 'RetryAttemptsExhausted', functionError))) return;
      settle(next.discard.to - next.discard.from);
    }
    for (const later of next.pieces.toReversed()) pieces.push(later);
    if (next.delayMs > 0) await clock.sleep(next.delayMs, stop);
  }
}

/** undefined: stopped before it began. */
async function invoke(
  { context, source }: LaneOptions,
  batch: readonly LogRecord[],
  piece: Piece,
): Promise<Verdict | undefined> {
  const { consumer, invoker, telemetry } = context;
  if (invoker.crowded) {
    telemetry.error('too many timed-out invocations still run, waiting for one to end', { consumer });
    await invoker.room();
    if (stopping(context)) return undefined;
  }
  const event = toKinesisEvent(source, batch, piece.from, piece.to);
  const result = await invoker.call(() => context.invoke(event));
  const verdict = verdictOf(result, batch, piece.from, piece.to);
  if (verdict.type !== 'success') {
    telemetry.warn('a batch was not settled', {
      consumer,
      shardId: source.shardId,
      records: piece.to - piece.from,
      settled: verdict.type === 'partial' ? verdict.failedIndex - piece.from : 0,
      invocations: piece.invocations + 1,
      reason: verdict.type === 'failed' ? verdict.reason : 'partial-response',
      error: result.type === 'thrown' ? errorName(result.error) : undefined,
    });
  }
  return verdict;
}

/** false: stopped before the destination had it; the mapping delivers it again after the restart. */
async function giveUp(
  { context, source }: LaneOptions,
  records: readonly LogRecord[],
  piece: Piece,
  condition: FailureCondition,
  functionError: 'Unhandled' | null,
): Promise<boolean> {
  const { consumer, clock, invoker, onFailure, telemetry } = context;
  const nowMs = clock.nowMs();
  const failure = toFailureRecord({ source, consumer, records, piece, condition, functionError, nowMs });
  telemetry.error('records go to the failure destination', {
    consumer,
    shardId: source.shardId,
    condition,
    records: piece.to - piece.from,
    startSequenceNumber: failure.KinesisBatchInfo.startSequenceNumber,
  });
  const stored = await untilItWorks(context, 'reach the failure destination', async () => {
    const result = await invoker.call(() => onFailure(failure));
    if (result.type === 'thrown') throw result.error;
    if (result.type === 'timed-out') throw new Error('the failure destination did not answer in time');
  });
  return stored !== undefined;
}
