import type { LogPosition } from '../../core/log-position.ts';
import type { StreamName } from '../../core/streams.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import type { BatchOutcome, RecordBatch } from '../record-batch.ts';
import { attemptKey } from '../state-keys.ts';

/** A record may end the function this often; the next try gives it up before looking at it. */
export const unfinishedTriesMax = 5;

/** A record younger than this is simply tried again: in normal running no attempt is ever written. */
const suspectAgeMs = 60_000;

/** Longer than a log keeps a record, so that a count never outlives or falls short of what it counts. */
const attemptLifeMs = 14 * 24 * 3_600_000;

export interface Attempts {
  /**
   * Counts a try at a record and returns how many have begun and not been cleared, this one included: over
   * `unfinishedTriesMax` means that this many earlier ones ended without an answer of the function. Rejects with a
   * StateStoreError; the try may have been counted then.
   */
  begin(stream: StreamName, position: LogPosition): Promise<number>;
  /** Forgets the tries: for every exit that the function makes itself, success or not. Rejects with a StateStoreError. */
  clear(stream: StreamName, position: LogPosition): Promise<void>;
}

/**
 * Finds the record that kills the function itself (memory, time, a crash of the runtime): no code of ours sees that
 * happen, so each try is written down before the record is touched. Two concurrent tries of one record count as two; the
 * first that ends clears both, which at worst makes finding it take longer.
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
 * Settles a batch and, where it may hold a record that kills the function, counts the try around it. `givenUp`: why the
 * record must be given up before anybody looks at it. Without a count nothing is tried: the record stays unsettled.
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
  // Not in a finally: what is thrown past here is a bug, and this try stays unfinished. The next clearing makes up for
  // one that fails; until then a record that the store holds up looks as if it had killed the function.
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

/** The record to count tries for: alone in its batch (bisection leads there) and older than a minute. */
export function suspectOf(batch: RecordBatch, nowMs: number): LogRecord | undefined {
  const [record] = batch.records;
  if (record === undefined || batch.records.length > 1) return undefined;
  return nowMs - record.arrivedAtMs > suspectAgeMs ? record : undefined;
}
