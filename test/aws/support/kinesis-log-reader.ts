import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  ShardIteratorType,
  type KinesisClient,
  type _Record as KinesisRecord,
} from '@aws-sdk/client-kinesis';
import type { StreamName } from '../../../lib/core/streams.ts';
import type { LogReader, LogRecord } from '../../../lib/ports/log-reader.ts';

export interface KinesisLogReaderOptions {
  readonly client: KinesisClient;
  readonly stream: StreamName;
  readonly streamName: string;
  readonly epoch: string;
}

/** Empty answers in a row before a shard counts as read: Kinesis may answer with nothing before its end. */
const emptyAnswersMax = 20;

/** The read end of a Kinesis stream, to check what was appended: on AWS, event source mappings read. */
export function createKinesisLogReader(options: KinesisLogReaderOptions): LogReader {
  const { client, stream, streamName, epoch } = options;

  async function iteratorAfter(shardId: string, after: string | undefined): Promise<string | undefined> {
    const position =
      after === undefined
        ? { ShardIteratorType: ShardIteratorType.TRIM_HORIZON }
        : { ShardIteratorType: ShardIteratorType.AFTER_SEQUENCE_NUMBER, StartingSequenceNumber: after };
    const command = new GetShardIteratorCommand({ StreamName: streamName, ShardId: shardId, ...position });
    return (await client.send(command)).ShardIterator;
  }

  return {
    stream,
    epoch,
    async shards() {
      const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
      return shards.map((shard) => ({
        shardId: shard.ShardId ?? '',
        parentShardIds: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
        closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
      }));
    },
    async read(shardId, after, { recordsMax, bytesMax }) {
      let iterator = await iteratorAfter(shardId, after);
      for (let answers = 0; iterator !== undefined && answers < emptyAnswersMax; answers += 1) {
        const answer = await client.send(
          new GetRecordsCommand({ ShardIterator: iterator, Limit: Math.min(recordsMax, 10_000) }),
        );
        const records = (answer.Records ?? []).map(toLogRecord);
        if (records.length > 0) return withinBytes(records, bytesMax);
        if (answer.MillisBehindLatest === 0) break;
        iterator = answer.NextShardIterator;
      }
      return [];
    },
    onAppend() {
      throw new Error('Kinesis tells nobody of an append');
    },
    async readCheckpoint() {
      return Promise.reject(new Error('event source mappings keep their checkpoints to themselves'));
    },
    async writeCheckpoint() {
      return Promise.reject(new Error('event source mappings keep their checkpoints to themselves'));
    },
  };
}

function toLogRecord(record: KinesisRecord): LogRecord {
  return {
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? '',
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
