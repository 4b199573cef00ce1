import { rmSync } from 'node:fs';
import { open as openRaw } from 'lmdb';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LmdbEventLogOptions } from '../../lib/adapters/lmdb/lmdb-event-log.ts';
import { openLmdb, type LmdbStores } from '../../lib/adapters/lmdb/open-lmdb.ts';
import type { AppendResult, EventLog } from '../../lib/ports/event-log.ts';
import { freshFolder, testStreams } from './lmdb-folder.ts';

const shardId = 'shardId-000000000000';
const bytesMax = 200_000;

let folder: string;
let stores: LmdbStores;
let nowMs: number;
beforeEach(() => {
  folder = freshFolder();
  nowMs = 10_000;
});
afterEach(async () => {
  await stores.close();
  rmSync(folder, { recursive: true });
});

function open(options: Partial<LmdbEventLogOptions> = {}): LmdbStores {
  stores = openLmdb({
    folder,
    streams: {
      ...testStreams,
      increments: { epoch: '1', shardCount: 1, retentionMs: 1000, consumers: ['c'], bytesMax, ...options },
    },
    clock: { nowMs: () => nowMs },
    // Each append is a job of its own.
    limits: { appendBytesPerCommitMax: 1 },
  });
  return stores;
}

/** A record that takes a page of its own. */
async function append(log: EventLog, bytes = 3000): Promise<AppendResult | undefined> {
  return (await log.append([{ partitionKey: 'k', data: new Uint8Array(bytes) }]))[0];
}

async function numbers({ increments }: LmdbStores): Promise<number[]> {
  const records = await increments.read(shardId, undefined, { recordsMax: 10_000, bytesMax: 10_000_000 });
  return records.map(({ sequenceNumber }) => Number(sequenceNumber));
}

/** Until it is refused; the number of records. */
async function fill({ increments }: LmdbStores): Promise<number> {
  for (let taken = 0; taken < 100; taken += 1)
    if ((await append(increments))?.status !== 'appended') return taken;
  throw new Error('the log never became full');
}

describe('the bound of a log', () => {
  test('holds for the appends of one commit together', async () => {
    const { increments } = open();
    const results = await Promise.all(
      [90_000, 90_000, 90_000, 3000].map((bytes) => append(increments, bytes)),
    );
    expect(results.map((result) => result?.status)).toEqual(['appended', 'appended', 'refused', 'appended']);
    expect(await numbers(stores)).toEqual([1, 2, 3]);
    expect(increments.liveBytes()).toBeLessThanOrEqual(bytesMax);
  });

  test('lets appends of one commit free as much as they need, and no more', async () => {
    const { increments } = open();
    const taken = await fill(stores);
    expect(taken).toBeGreaterThan(40);
    await increments.writeCheckpoint('c', shardId, String(taken));
    const results = await Promise.all(Array.from({ length: 8 }, () => append(increments)));
    expect(results.map((result) => result?.status)).toEqual(results.map(() => 'appended'));
    const kept = await numbers(stores);
    expect(kept.at(-1)).toBe(taken + 8);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => taken + 8 - kept.length + 1 + i));
    // About one out for each one in.
    expect(kept.length).toBeGreaterThanOrEqual(taken - 2);
    expect(increments.liveBytes()).toBeLessThanOrEqual(bytesMax);
  });

  test('refuses what is larger than all that is settled, and what was unsettled stays', async () => {
    const { increments } = open();
    const taken = await fill(stores);
    await increments.writeCheckpoint('c', shardId, '2');
    expect(await append(increments, 50_000)).toMatchObject({ status: 'refused' });
    expect((await numbers(stores)).slice(-(taken - 2))).toEqual(
      Array.from({ length: taken - 2 }, (_, i) => i + 3),
    );
    await increments.writeCheckpoint('c', shardId, '20');
    expect(await append(increments, 50_000)).toMatchObject({ sequenceNumber: String(taken + 1) });
    expect((await numbers(stores)).slice(-(taken - 19))).toEqual(
      Array.from({ length: taken - 19 }, (_, i) => i + 21),
    );
  });

  test('is met and left again as often as the consumer catches up', async () => {
    const { increments } = open();
    for (let round = 0; round < 2; round += 1) {
      expect(await fill(stores)).toBeGreaterThan(0);
      const last = (await numbers(stores)).at(-1) ?? 0;
      await increments.writeCheckpoint('c', shardId, String(last));
      expect(await append(increments)).toMatchObject({
        status: 'appended',
        sequenceNumber: String(last + 1),
      });
      await increments.writeCheckpoint('c', shardId, String(last + 1));
    }
  });

  test('lets a timed step trim to nine tenths of it, and nothing young below that', async () => {
    const { increments } = open();
    const taken = await fill(stores);
    await increments.writeCheckpoint('c', shardId, String(taken));
    const full = increments.liveBytes();
    const { records } = await increments.trim();
    const left = increments.liveBytes();
    expect(records).toBeGreaterThan(0);
    expect(left).toBeGreaterThan(bytesMax * 0.75);
    expect(left).toBeLessThan(bytesMax * 0.9 + 4096);
    expect(full - left).toBeGreaterThanOrEqual(records * 4096 - 8192);
    while ((await increments.trim()).records > 0);
    const settled = (await numbers(stores)).length;
    expect(increments.liveBytes()).toBeLessThanOrEqual(bytesMax * 0.9);
    expect(increments.liveBytes()).toBeGreaterThan(bytesMax * 0.75);
    expect(await increments.trim()).toEqual({ records: 0, bytes: 0 });
    expect(await numbers(stores)).toHaveLength(settled);
  });

  test('is gibibytes unless it is set', async () => {
    stores = openLmdb({ folder, streams: testStreams });
    const large = { partitionKey: 'k', data: new Uint8Array(1_000_000) };
    const results = await stores.increments.append(Array.from({ length: 6 }, () => large));
    expect(results.map(({ status }) => status)).toEqual(results.map(() => 'appended'));
  });
});

describe('a folder from before the log noted what it dropped', () => {
  test.each([false, true])('counts all before its lowest number as dropped, emptied: %s', async (emptied) => {
    const { increments } = open({ shardCount: 3, consumers: [] });
    const entries = Array.from({ length: 12 }, (_, i) => ({ partitionKey: `k${i}`, data: Buffer.of(i) }));
    const placed = await increments.append(entries);
    nowMs += 2000;
    // The lowest number that stays is not in the first shard.
    const isFirst = entries.map((_, i) => JSON.stringify(placed[i]).includes(shardId));
    const others = entries.filter((_, i) => isFirst[i] === false);
    if (!emptied) await increments.append([...others, ...entries.filter((_, i) => isFirst[i])]);
    await increments.trim();
    await stores.close();
    await forgetDropped();
    // The first twelve are gone, and the next one has not come or is the first of the second append.
    const lowest = 13;
    const expectDropped = async (): Promise<void> => {
      const shards = await stores.increments.shards();
      expect(shards).toHaveLength(3);
      for (const shard of shards)
        for (const [after, isWhole] of [
          [0, false],
          [lowest - 2, false],
          [lowest - 1, true],
          [lowest, true],
        ] as const)
          expect(
            await stores.increments.isWhole(shard.shardId, { sequenceNumber: String(after), atMs: 0 }),
          ).toBe(isWhole);
    };
    // A process beside the owner, which writes no such note; then the owner, which does; then it again.
    open({ shardCount: 'as-stored', trims: false });
    await expectDropped();
    await stores.close();
    open({ shardCount: 3, consumers: [] });
    await expectDropped();
    nowMs += 2000;
    const { records } = await stores.increments.trim();
    expect(records).toBe(emptied ? 0 : 12);
    await stores.close();
    open({ shardCount: 3, consumers: [] });
    const [first] = await stores.increments.shards();
    expect(await stores.increments.isWhole(first?.shardId ?? '', { sequenceNumber: '12', atMs: 0 })).toBe(
      emptied,
    );
  });

  async function forgetDropped(): Promise<void> {
    const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
    const root = openRaw<Buffer, Buffer>(folder, { ...binary, noSubdir: false, overlappingSync: false });
    const meta = root.openDB<Buffer, Buffer>('meta', binary);
    for (const key of [...meta.getKeys({ start: Buffer.from('dropped/'), end: Buffer.from('dropped0') })])
      meta.removeSync(key);
    await root.close();
  }
});
