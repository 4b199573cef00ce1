import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';

/** The events that an event source mapping would make of what was appended since the last call, one a shard. */
export class StreamTail {
  readonly #client: KinesisClient;
  readonly #streamName: string;
  readonly #iterators = new Map<string, string>();

  constructor(client: KinesisClient, streamName: string) {
    this.#client = client;
    this.#streamName = streamName;
  }

  async take(): Promise<readonly KinesisEvent[]> {
    const { Shards: shards = [] } = await this.#client.send(
      new ListShardsCommand({ StreamName: this.#streamName }),
    );
    const events: KinesisEvent[] = [];
    for (const { ShardId: shardId = '' } of shards) {
      const records = await this.#read(shardId);
      if (records.length > 0) events.push({ Records: records });
    }
    return events;
  }

  async #read(shardId: string): Promise<readonly EventRecord[]> {
    const { Records: records = [], NextShardIterator: next } = await this.#client.send(
      new GetRecordsCommand({ ShardIterator: this.#iterators.get(shardId) ?? (await this.#begin(shardId)) }),
    );
    if (next !== undefined) this.#iterators.set(shardId, next);
    return records.map((record) => ({
      eventID: `${shardId}:${record.SequenceNumber ?? ''}`,
      eventName: 'aws:kinesis:record',
      eventSource: 'aws:kinesis',
      eventSourceARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${this.#streamName}`,
      eventVersion: '1.0',
      invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
      awsRegion: 'us-east-1',
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.PartitionKey ?? '',
        sequenceNumber: record.SequenceNumber ?? '',
        data: Buffer.from(record.Data ?? []).toString('base64'),
        approximateArrivalTimestamp: (record.ApproximateArrivalTimestamp?.getTime() ?? 0) / 1000,
      },
    }));
  }

  async #begin(shardId: string): Promise<string | undefined> {
    const { ShardIterator } = await this.#client.send(
      new GetShardIteratorCommand({
        StreamName: this.#streamName,
        ShardId: shardId,
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    return ShardIterator;
  }
}

export interface KinesisEvent {
  readonly Records: readonly EventRecord[];
}

interface EventRecord {
  readonly eventID: string;
  readonly kinesis: Readonly<Record<string, string | number>>;
  readonly [name: string]: unknown;
}
