import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  ShardIteratorType,
  type KinesisClient,
  type _Record as KinesisRecord,
} from '@aws-sdk/client-kinesis';
import { noPartitionKey } from '../../core/streams.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Ids } from '../../ports/ids.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import { LogError, type LogRecord, type Shard } from '../../ports/log-reader.ts';
import { AwsCallError, callAws } from './aws-call.ts';

export interface KinesisLogHistoryOptions {
  readonly client: KinesisClient;
  readonly log: Pick<EventLog, 'stream' | 'epoch'>;
  readonly streamName: string;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'random'>;
}

/** This many empty answers in a row mean the end of a shard: Kinesis may return empty answers before it. */
const emptyAnswersMax = 1000;

/** Pages of the shard list; each has up to 1000 shards. */
const pagesMax = 100;

/** Kinesis allows five reads of a shard per second for all readers together. Beyond that this waits. */
const throttledMax = 60;
const throttledPauseMs = 1000;

/** Kinesis removes records by age, but not to the minute. */
const slackMs = 3_600_000;

const policy = { repeatable: true, deadlineMs: 10_000 };

/** Reads a stream from its beginning, for operator commands. */
export function createKinesisLogHistory(options: KinesisLogHistoryOptions): LogHistory {
  return new StreamHistory(options);
}

class StreamHistory implements LogHistory {
  readonly stream;
  readonly epoch;
  readonly #options: KinesisLogHistoryOptions;
  /** The next iterator of each shard, which saves a call. */
  readonly #next = new Map<string, { readonly after: string; readonly iterator: string }>();

  constructor(options: KinesisLogHistoryOptions) {
    this.#options = options;
    this.stream = options.log.stream;
    this.epoch = options.log.epoch;
  }

  async shards(): Promise<readonly Shard[]> {
    const { client, streamName: StreamName } = this.#options;
    const shards: Shard[] = [];
    let token: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const command = new ListShardsCommand(token === undefined ? { StreamName } : { NextToken: token });
      const output = await this.#call((abortSignal) => client.send(command, { abortSignal }));
      for (const { ShardId, ParentShardId, AdjacentParentShardId, SequenceNumberRange } of output.Shards ??
        []) {
        shards.push({
          shardId: ShardId ?? '',
          parentShardIds: [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined),
          closed: SequenceNumberRange?.EndingSequenceNumber !== undefined,
        });
      }
      token = output.NextToken;
      if (token === undefined) return shards;
    }
    throw new LogError(`more than ${pagesMax} pages of shards`);
  }

  async read(
    shardId: string,
    after: string | undefined,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly LogRecord[]> {
    const known = this.#next.get(shardId);
    let iterator =
      known !== undefined && known.after === after ? known.iterator : await this.#iterator(shardId, after);
    this.#next.delete(shardId);
    for (let answers = 0; iterator !== undefined && answers < emptyAnswersMax; answers += 1) {
      const answer = await this.#getRecords(iterator, limits.recordsMax);
      // An iterator expires after five minutes.
      if (answer === undefined) {
        iterator = await this.#iterator(shardId, after);
        continue;
      }
      const records = (answer.Records ?? []).map(toLogRecord);
      const kept = withinBytes(records, limits.bytesMax);
      const last = kept.at(-1);
      if (last !== undefined) {
        if (kept.length === records.length && answer.NextShardIterator !== undefined) {
          this.#next.set(shardId, { after: last.sequenceNumber, iterator: answer.NextShardIterator });
        }
        return kept;
      }
      if (answer.MillisBehindLatest === 0) return [];
      iterator = answer.NextShardIterator;
    }
    return [];
  }

  async isWhole(
    _shardId: string,
    after: { readonly sequenceNumber: string | undefined; readonly atMs: number } | undefined,
  ): Promise<boolean> {
    const { client, streamName: StreamName, clock } = this.#options;
    const { StreamDescriptionSummary: summary } = await this.#call((abortSignal) =>
      client.send(new DescribeStreamSummaryCommand({ StreamName }), { abortSignal }),
    );
    const sinceMs = after?.atMs ?? summary?.StreamCreationTimestamp?.getTime() ?? 0;
    const retentionMs = (summary?.RetentionPeriodHours ?? 0) * 3_600_000;
    return clock.nowMs() - sinceMs < retentionMs - slackMs;
  }

  /** Kinesis says nothing about records that it has removed. */
  droppedThrough(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async #iterator(shardId: string, after: string | undefined): Promise<string | undefined> {
    const { client, streamName } = this.#options;
    const position =
      after === undefined
        ? { ShardIteratorType: ShardIteratorType.TRIM_HORIZON }
        : { ShardIteratorType: ShardIteratorType.AFTER_SEQUENCE_NUMBER, StartingSequenceNumber: after };
    const command = new GetShardIteratorCommand({ StreamName: streamName, ShardId: shardId, ...position });
    return (await this.#call((abortSignal) => client.send(command, { abortSignal }))).ShardIterator;
  }

  /** undefined: the iterator has expired. */
  async #getRecords(iterator: string, recordsMax: number) {
    const { client } = this.#options;
    const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: Math.min(recordsMax, 10_000) });
    try {
      return await this.#call((abortSignal) => client.send(command, { abortSignal }));
    } catch (error) {
      const cause = error instanceof LogError ? error.cause : undefined;
      if (cause instanceof Error && cause.name === 'ExpiredIteratorException') return undefined;
      throw error;
    }
  }

  async #call<T>(attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    for (let throttled = 1; ; throttled += 1) {
      try {
        return await callAws(this.#options, policy, attempt);
      } catch (error) {
        if (!(error instanceof AwsCallError)) throw error;
        if (error.failure !== 'throttled' || throttled === throttledMax) {
          throw new LogError(error.message, { cause: error.cause });
        }
        await this.#options.clock.sleep(throttledPauseMs);
      }
    }
  }
}

function toLogRecord(record: KinesisRecord): LogRecord {
  return {
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? noPartitionKey,
    data: record.Data ?? new Uint8Array(0),
    arrivedAtMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
  };
}

function withinBytes(records: readonly LogRecord[], bytesMax: number): readonly LogRecord[] {
  let bytes = 0;
  const end = records.findIndex((record, index) => {
    bytes += record.data.byteLength;
    return index > 0 && bytes > bytesMax;
  });
  return end < 0 ? records : records.slice(0, end);
}
