import { hash } from 'node:crypto';
import {
  PutRecordsCommand,
  type KinesisClient,
  type PutRecordsCommandOutput,
  type PutRecordsResultEntry,
} from '@aws-sdk/client-kinesis';
import { assert } from '../../core/assert.ts';
import { backoffMs } from '../../core/backoff.ts';
import type { StreamName } from '../../core/streams.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AppendResult, EventLog, LogEntry } from '../../ports/event-log.ts';
import type { Ids } from '../../ports/ids.ts';
import { assertEntries } from '../records/entry-limits.ts';
import { awsBackoff } from './aws-call.ts';
import { classifyFailure, failureReason } from './aws-failure.ts';
import { sliceEntries } from './put-records-slices.ts';

export interface KinesisEventLogOptions {
  readonly client: KinesisClient;
  readonly stream: StreamName;
  /** The stream's name in AWS; its epoch follows the last dot: `adtally-dev-increments.1`. */
  readonly streamName: string;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly ids: Pick<Ids, 'random'>;
}

/** Sendings of one record; all but the last were certainly not written. */
const sendingsMax = 3;

/**
 * An append takes no longer, whatever the log does, so that the caller's 503 leaves well before API Gateway hangs up
 * after 29 s.
 */
const appendDeadlineMs = 5000;

/** Appends by PutRecords. What was throttled or never left is sent again; what may have been written never is. */
export function createKinesisEventLog(options: KinesisEventLogOptions): EventLog {
  const { stream, streamName } = options;
  const epoch = streamName.slice(streamName.lastIndexOf('.') + 1);
  assert(/^[0-9a-z]{1,16}$/.test(epoch) && epoch !== streamName, `no epoch in the stream name ${streamName}`);
  return {
    stream,
    epoch,
    hashPlace: (partitionKey) => hash('md5', partitionKey, 'buffer').readUInt32BE(0) / 2 ** 32,
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

  /** Sends the entries at `indexes`; resolves to those worth sending again. */
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

  /** An answer that does not speak of every record leaves all of them unknown: its entries cannot be told apart. */
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

/** The one entry error that says the record was not written; InternalFailure does not say. */
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
