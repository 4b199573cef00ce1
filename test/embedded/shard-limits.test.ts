import { describe, expect, it } from '@jest/globals';
import { createMemoryEventLog } from '../support/memory/memory-event-log.ts';
import { limitShards, shardBytesPerSecond } from '../../lib/embedded/shard-limits.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const shardCount = 4;

function limitedLog() {
  const clock = createVirtualClock({ autoAdvance: true });
  const log = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount, clock });
  const append = async (partitionKey: string, records: number, bytes = 10) => {
    const entries = Array.from({ length: records }, () => ({ partitionKey, data: new Uint8Array(bytes) }));
    const results = await limitShards(log, { shardCount, clock }).append(entries);
    return results.filter(({ status }) => status === 'appended').length;
  };
  return { clock, log, append, limited: limitShards(log, { shardCount, clock }) };
}

describe('a log with the limits of Kinesis', () => {
  it('takes 1,000 records of a shard at once and so many a second, and refuses the rest, each by itself', async () => {
    const { clock, limited } = limitedLog();
    const send = async (key: string, records: number): Promise<number> => {
      let taken = 0;
      for (let left = records; left > 0; left -= 500) {
        const entries = Array.from({ length: Math.min(500, left) }, () => ({
          partitionKey: key,
          data: new Uint8Array(1),
        }));
        const results = await limited.append(entries);
        for (const result of results) {
          if (result.status === 'appended') taken += 1;
          else expect(result).toStrictEqual({ status: 'refused', reason: 'over the limits of its shard' });
        }
      }
      return taken;
    };
    expect(await send('a', 1500)).toBe(1000);
    expect(await send('a', 100)).toBe(0);
    await clock.advance(250);
    expect(await send('a', 1000)).toBe(250);
  });

  it('counts each shard for itself, as the log places its keys', async () => {
    const { limited, log } = limitedLog();
    const shards = new Map<string, number>();
    for (let i = 0; i < 6000; i += 500) {
      const entries = Array.from({ length: 500 }, (_, n) => ({
        partitionKey: `key-${i + n}`,
        data: new Uint8Array(1),
      }));
      for (const result of await limited.append(entries)) {
        if (result.status === 'appended') shards.set(result.shardId, (shards.get(result.shardId) ?? 0) + 1);
      }
    }
    expect([...shards.values()]).toStrictEqual(Array.from({ length: shardCount }, () => 1000));
    expect((await log.shards()).length).toBe(shardCount);
  });

  it('takes a mebibyte a second of a shard, keys included', async () => {
    const { append } = limitedLog();
    expect(await append('a', 3, shardBytesPerSecond / 2 - 1)).toBe(2);
  });
});
