import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  SplitShardCommand,
  waitUntilStreamExists,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createKinesisEventLog } from '../../lib/adapters/aws/kinesis-event-log.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { testEventLog } from '../contracts/event-log.ts';
import { unique } from '../contracts/unique.ts';
import { emulatorIdentity, endpointOf } from './support/endpoints.ts';
import { createKinesisLogReader } from './support/kinesis-log-reader.ts';

testEventLog(
  'Kinesis (on kinesis-local)',
  async () => {
    const client = new KinesisClient({
      ...clientOptions({ requestTimeoutMs: 20_000 }),
      ...emulatorIdentity,
      endpoint: endpointOf('kinesis'),
    });
    const streamName = `${unique('increments')}.7`;
    await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 2 }));
    await becomesActive(client, streamName);
    const log = createKinesisEventLog({
      client,
      stream: 'increments',
      streamName,
      clock: systemClock,
      ids: systemIds,
    });
    return {
      log,
      reader: createKinesisLogReader({ client, stream: 'increments', streamName, epoch: '7' }),
      reshard: async ([first = '', second]) => {
        if (second === undefined) await split(client, streamName, first);
        else
          await client.send(
            new MergeShardsCommand({
              StreamName: streamName,
              ShardToMerge: first,
              AdjacentShardToMerge: second,
            }),
          );
        await becomesActive(client, streamName);
      },
      close: async () => {
        client.destroy();
        return Promise.resolve();
      },
    };
  },
  { delivers: false, reshards: true, countsCodeUnits: true },
);

async function becomesActive(client: KinesisClient, streamName: string): Promise<void> {
  await waitUntilStreamExists(
    { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { StreamName: streamName },
  );
}

/** Splits a shard's range of hash keys in the middle. */
async function split(client: KinesisClient, streamName: string, shardId: string): Promise<void> {
  const { Shards: shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
  const range = shards.find((shard) => shard.ShardId === shardId)?.HashKeyRange;
  const middle = (BigInt(range?.StartingHashKey ?? 0) + BigInt(range?.EndingHashKey ?? 0)) / 2n;
  await client.send(
    new SplitShardCommand({
      StreamName: streamName,
      ShardToSplit: shardId,
      NewStartingHashKey: middle.toString(),
    }),
  );
}
