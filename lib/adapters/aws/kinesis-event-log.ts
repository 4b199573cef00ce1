import {
  type KinesisClient,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
  type PutRecordsResultEntry,
} from '@aws-sdk/client-kinesis';
import { backoffMs } from '../../core/backoff.ts';
import type { AppendResult, EventLog, LogEntry } from '../../ports/event-log.ts';
import { assertEntries } from '../records/entry-limits.ts';
import { awsBackoff, type AwsCallDeps } from './aws-call.ts';
import { classifyFailure, failureReason } from './aws-failure.ts';
import { streamFacts, type KinesisStream } from './kinesis-stream.ts';

export interface KinesisEventLogOptions extends AwsCallDeps, KinesisStream {
  readonly client: KinesisClient;
}

/** Attempts for one record. All but the last certainly wrote nothing. */
const sendingsMax = 3;

/** The most time for an append, so that the caller answers 503 well before API Gateway's limit of 29 s. */
const appendDeadlineMs = 5000;

/**
 * Appends by PutRecords. It resends records that were throttled or never sent, and never those that may have
 * been written.
 */
export function createKinesisEventLog(options: KinesisEventLogOptions): EventLog {
  return {
    ...streamFacts(options),
    append: async (entries) => {
      assertEntries(entries);
      return new Append(options, entries).run();
    },
  };
}

/** One call of `append`. */
class Append {
  readonly #options: KinesisEventLogOptions;
  readonly #entries: readonly LogEntry[];
  readonly #results: AppendResult[];
  readonly #startedMs: number;

  constructor(options: KinesisEventLogOptions, entries: readonly LogEntry[]) {
    this.#options = options;
    this.#entries = entries;
    this.#results = entries.map(() => ({ status: 'refused', reason: 'not sent in time' }));
    this.#startedMs = options.clock.monotonicMs();
  }

  async run(): Promise<readonly AppendResult[]> {
    const { clock, ids } = this.#options;
    let pending = this.#entries.map((_, index) => index);
    for (let sendings = 1; pending.length > 0; sendings += 1) {
      pending = await this.#send(pending);
      if (pending.length === 0 || sendings >= sendingsMax) break;
      const pauseMs = backoffMs(sendings, awsBackoff, ids.random());
      if (this.#elapsedMs() + pauseMs >= appendDeadlineMs) break;
      await clock.sleep(pauseMs);
    }
    return this.#results;
  }

  /** Sends the entries at `indexes`; resolves to those that may be sent again. */
  async #send(indexes: readonly number[]): Promise<number[]> {
    const again: number[] = [];
    for (const slice of sliceEntries(this.#entries, indexes)) {
      if (this.#elapsedMs() >= appendDeadlineMs) break;
      again.push(...(await this.#sendSlice(slice)));
    }
    return again;
  }

  async #sendSlice(slice: readonly number[]): Promise<readonly number[]> {
    let output: PutRecordsCommandOutput;
    try {
      output = await this.#putRecords(slice);
    } catch (error) {
      const failure = classifyFailure(error);
      const reason = failureReason(error);
      const status = failure === 'unknown' ? 'unknown' : 'refused';
      for (const index of slice) this.#results[index] = { status, reason };
      return failure === 'throttled' || failure === 'not-sent' ? slice : [];
    }
    return this.#settle(slice, output.Records ?? []);
  }

  async #putRecords(slice: readonly number[]): Promise<PutRecordsCommandOutput> {
    const { client, streamName } = this.#options;
    const records = slice.flatMap((index) => {
      const entry = this.#entries[index];
      return entry === undefined ? [] : [{ PartitionKey: entry.partitionKey, Data: entry.data }];
    });
    const leftMs = Math.max(1, Math.ceil(appendDeadlineMs - this.#elapsedMs()));
    return client.send(new PutRecordsCommand({ StreamName: streamName, Records: records }), {
      abortSignal: AbortSignal.timeout(leftMs),
    });
  }

  /** If the answer does not have one entry per record, the outcome of all records is unknown. */
  #settle(slice: readonly number[], answers: readonly PutRecordsResultEntry[]): readonly number[] {
    const complete = answers.length === slice.length;
    return slice.filter((index, position) => {
      const answer = complete ? answers[position] : undefined;
      this.#results[index] = toResult(answer);
      return answer?.ErrorCode === throttledEntry;
    });
  }

  #elapsedMs(): number {
    return this.#options.clock.monotonicMs() - this.#startedMs;
  }
}

/** The only entry error that means "not written". InternalFailure does not say. */
const throttledEntry = 'ProvisionedThroughputExceededException';

function toResult(answer: PutRecordsResultEntry | undefined): AppendResult {
  if (answer === undefined) return { status: 'unknown', reason: 'not in the answer' };
  if (answer.ErrorCode === throttledEntry) return { status: 'refused', reason: throttledEntry };
  const { SequenceNumber: sequenceNumber, ShardId: shardId, ErrorCode: code } = answer;
  if (code !== undefined || sequenceNumber === undefined || shardId === undefined) {
    return { status: 'unknown', reason: code ?? 'no sequence number' };
  }
  return { status: 'appended', shardId, sequenceNumber };
}

/**
 * Records and bytes (data and keys) of one PutRecords call; Kinesis takes 10 MiB by now, emulators and quotas
 * of old 5.
 */
const sliceEntriesMax = 500;
const sliceBytesMax = 5_000_000;

/** Cuts `indexes` into runs that fit one call each, in order. */
function* sliceEntries(
  entries: readonly LogEntry[],
  indexes: readonly number[],
): Generator<readonly number[]> {
  let slice: number[] = [];
  let sliceBytes = 0;
  for (const index of indexes) {
    const entry = entries[index];
    if (entry === undefined) continue;
    const bytes = entry.data.byteLength + Buffer.byteLength(entry.partitionKey, 'utf8');
    if (slice.length > 0 && (slice.length >= sliceEntriesMax || sliceBytes + bytes > sliceBytesMax)) {
      yield slice;
      slice = [];
      sliceBytes = 0;
    }
    slice.push(index);
    sliceBytes += bytes;
  }
  if (slice.length > 0) yield slice;
}
