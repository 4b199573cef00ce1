import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  SplitShardCommand,
  waitUntilStreamExists,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { describe, expect, test } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createKinesisEventLog } from '../../lib/adapters/aws/kinesis-event-log.ts';
import { createKinesisLogHistory } from '../../lib/adapters/aws/kinesis-log-history.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { testEventLog } from '../contracts/event-log.ts';
import { unique } from '../contracts/unique.ts';
import { emulatorIdentity, endpointOf } from './support/endpoints.ts';
import { asLogReader } from './support/kinesis-log-reader.ts';

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
    const options = { client, clock: systemClock, ids: systemIds };
    const log = createKinesisEventLog({ ...options, stream: 'increments', streamName });
    return {
      log,
      reader: asLogReader(createKinesisLogHistory({ ...options, log, streamName })),
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

describe('the history of a stream', () => {
  test('is whole while nothing in it can have grown too old', async () => {
    const client = new KinesisClient({
      ...clientOptions({ requestTimeoutMs: 20_000 }),
      ...emulatorIdentity,
      endpoint: endpointOf('kinesis'),
    });
    const streamName = `${unique('increments')}.7`;
    await client.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 1 }));
    await becomesActive(client, streamName);
    const log = { stream: 'increments', epoch: '7' } as const;
    const at = (laterMs: number) => {
      const clock = { ...systemClock, nowMs: () => Date.now() + laterMs };
      return createKinesisLogHistory({ client, log, streamName, clock, ids: systemIds });
    };
    const hourMs = 3_600_000;
    const [shard] = await at(0).shards();
    const isWhole = (laterMs: number, after?: { sequenceNumber: string; atMs: number }) =>
      at(laterMs).isWhole(shard?.shardId ?? '', after);
    expect(await isWhole(0)).toBe(true);
    // The retention is 24 h by default; an hour less, as records are not dropped to the minute.
    expect(await isWhole(22 * hourMs)).toBe(true);
    expect(await isWhole(23.1 * hourMs)).toBe(false);
    expect(await isWhole(40 * hourMs, { sequenceNumber: '1', atMs: Date.now() + 30 * hourMs })).toBe(true);
    expect(await at(40 * hourMs).droppedThrough(shard?.shardId ?? '')).toBeUndefined();
    client.destroy();
  });
});

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
