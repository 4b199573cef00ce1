import type { LogPosition } from '../../core/log-position.ts';
import type { StreamName } from '../../core/streams.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import type { BatchOutcome, RecordBatch } from '../record-batch.ts';
import { attemptKey } from '../state-keys.ts';

/** A record may end the function this often; the next try gives it up unread. */
export const unfinishedTriesMax = 5;

/**
 * A younger record is tried again without a count, so in normal operation no attempt is written. At least a
 * consumer's time-out (stages.ts).
 */
const suspectAgeMs = 60_000;

/** Longer than a log keeps a record, so that a count lasts as long as its record. */
const attemptLifeMs = 14 * 24 * 3_600_000;

export interface Attempts {
  /**
   * Counts a try at a record and returns how many have begun and not been cleared, including this one. Over
   * `unfinishedTriesMax`, that many earlier tries ended without an answer of the function. Rejects with a
   * StateStoreError; the try may then have been counted.
   */
  begin(stream: StreamName, position: LogPosition): Promise<number>;
  /**
   * Deletes the count: call it whenever the function itself ends the try, successful or not. Rejects with a
   * StateStoreError.
   */
  clear(stream: StreamName, position: LogPosition): Promise<void>;
}

/**
 * Finds a record that kills the function itself (memory, time, a crash of the runtime). No code of ours runs
 * after that, so each try is counted before the record is read. Two concurrent tries of one record count as
 * two. The first that ends clears both, so at worst it takes longer to find the record.
 */
export function createAttempts({ state, clock }: Pick<Ports, 'state' | 'clock'>): Attempts {
  return {
    begin: async (stream, position) => {
      const expiresAt = BigInt(Math.ceil((clock.nowMs() + attemptLifeMs) / 1000));
      const result = await state.write({
        type: 'update',
        key: attemptKey(stream, position),
        add: { tries: 1n },
        set: { expires_at: expiresAt },
      });
      return Number(result.item?.tries ?? 1n);
    },
    clear: async (stream, position) => {
      await state.write({ type: 'delete', key: attemptKey(stream, position) });
    },
  };
}

/**
 * Settles a batch and counts the try if the batch may hold a record that kills the function. `givenUp`: why
 * the record must be given up unread. If the count fails, nothing is tried and the record stays unsettled.
 */
export async function withAttempts(
  deps: Pick<Ports, 'state' | 'clock'>,
  batch: RecordBatch,
  settle: (givenUp: string | undefined) => Promise<BatchOutcome>,
): Promise<BatchOutcome> {
  const suspect = suspectOf(batch, deps.clock.nowMs());
  if (suspect === undefined) return settle(undefined);
  const { stream, epoch, shardId } = batch;
  const { sequenceNumber } = suspect;
  const position = { epoch, shardId, sequenceNumber };
  const attempts = createAttempts(deps);
  const tries = await orUndefined(attempts.begin(stream, position));
  const isDeadly = tries !== undefined && tries > unfinishedTriesMax;
  const outcome =
    tries === undefined
      ? { lowestUnsettled: sequenceNumber }
      : await settle(isDeadly ? `ended the function ${tries - 1} times` : undefined);
  // Not in a finally: an error that is thrown past here is a bug, and this try stays unfinished. If clearing
  // fails, the next clearing makes up for it. Until then, a record that the store delays looks as if it had
  // killed the function.
  await orUndefined(attempts.clear(stream, position));
  return outcome;
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (isStateStoreError(error)) return undefined;
    throw error;
  }
}

/**
 * The record whose tries are counted: alone in its batch (bisection leads to that) and older than a minute.
 */
export function suspectOf(batch: RecordBatch, nowMs: number): LogRecord | undefined {
  const [record] = batch.records;
  if (record === undefined || batch.records.length > 1) return undefined;
  return nowMs - record.arrivedAtMs > suspectAgeMs ? record : undefined;
}
