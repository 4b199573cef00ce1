import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openLmdb, type LmdbStores, type OpenLmdbOptions } from '../../lib/adapters/lmdb/open-lmdb.ts';
import type { LmdbEventLogOptions } from '../../lib/adapters/lmdb/lmdb-event-log.ts';
import { compareSequenceNumbers } from '../../lib/core/sequence-number.ts';
import type { LogReader, LogRecord } from '../../lib/ports/log-reader.ts';
import { appendAll, entry, readShard, recordsOf, textOf } from '../contracts/event-log/stored-records.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { freshFolder, testStreams } from './lmdb-folder.ts';

const hourMs = 3_600_000;
const shardId = 'shardId-000000000000';

describe('the log on LMDB', () => {
  const clock = createVirtualClock();
  let folder: string;
  let stores: LmdbStores | undefined;
  beforeEach(() => {
    folder = freshFolder();
    stores = undefined;
  });

  const open = (increments: Partial<LmdbEventLogOptions> = {}): LmdbStores => {
    const streams: OpenLmdbOptions['streams'] = {
      ...testStreams,
      increments: { epoch: '1', shardCount: 1, retentionMs: hourMs, ...increments },
    };
    stores = openLmdb({ folder, streams, clock });
    return stores;
  };
  const reopen = async (increments: Partial<LmdbEventLogOptions> = {}): Promise<LmdbStores> => {
    await stores?.close();
    return open(increments);
  };

  afterEach(async () => {
    await stores?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('keeps records, checkpoints and its row of numbers when it is opened again', async () => {
    const first = open();
    const before = await appendAll(first.increments, [entry('a', '1'), entry('b', '2')]);
    await first.increments.writeCheckpoint('c', shardId, before[1]?.sequenceNumber ?? '');
    const { increments } = await reopen();
    expect(await increments.readCheckpoint('c', shardId)).toBe(before[1]?.sequenceNumber);
    const after = await appendAll(increments, [entry('a', '3')]);
    expect((await recordsOf(increments, ['a', 'b'], 3)).map(textOf)).toEqual(['1', '2', '3']);
    expect(growing([...before, ...after])).toBe(true);
  });

  test('trims what is older than its retention and settled, and nothing else', async () => {
    const { increments } = open({ consumers: ['one', 'two'] });
    const [old] = await appendAll(increments, [entry('k', 'old')]);
    const [older] = await appendAll(increments, [entry('k', 'old, unsettled')]);
    await clock.advance(hourMs + 1);
    const [young] = await appendAll(increments, [entry('k', 'young')]);
    const texts = async (): Promise<string[]> => (await readShard(increments, shardId)).map(textOf);
    const settle = async (consumer: string, number: string | undefined): Promise<void> =>
      increments.writeCheckpoint(consumer, shardId, number ?? '');

    await settle('one', young?.sequenceNumber);
    // The other consumer has no checkpoint yet.
    expect(await increments.trim()).toEqual({ records: 0, bytes: 0 });
    await settle('two', old?.sequenceNumber);
    expect(await increments.trim()).toMatchObject({ records: 1 });
    expect(await texts()).toEqual(['old, unsettled', 'young']);
    await settle('two', older?.sequenceNumber);
    await settle('one', old?.sequenceNumber);
    expect(await increments.trim()).toEqual({ records: 0, bytes: 0 });
    await settle('one', older?.sequenceNumber);
    expect(await increments.trim()).toMatchObject({ records: 1 });
    await settle('two', young?.sequenceNumber);
    expect(await increments.trim()).toEqual({ records: 0, bytes: 0 });
    expect(await texts()).toEqual(['young']);
  });

  test('never uses a number again, even when all records are trimmed', async () => {
    const first = open();
    const before = await appendAll(first.increments, [entry('k', '1'), entry('k', '2')]);
    await clock.advance(hourMs + 1);
    expect(await first.increments.trim()).toMatchObject({ records: 2 });
    const { increments } = await reopen();
    expect(await readShard(increments, shardId)).toEqual([]);
    expect(growing([...before, ...(await appendAll(increments, [entry('k', '3')]))])).toBe(true);
  });

  test('trims a bounded number of blocks a step, oldest first across shards', async () => {
    const { increments } = open({ shardCount: 16 });
    for (let append = 0; append < 90; append += 1) {
      await appendAll(
        increments,
        Array.from({ length: 60 }, (_, i) => entry(`k${append}.${i}`, 'x')),
      );
    }
    await clock.advance(hourMs + 1);
    const first = await increments.trim();
    expect(first.records).toBeGreaterThan(0);
    expect(first.records).toBeLessThan(90 * 60);
    const kept = (await everything(increments)).map(({ sequenceNumber }) => Number(sequenceNumber));
    // Whole blocks, oldest first: what is left is everything behind them.
    expect(Math.min(...kept)).toBe(first.records + 1);
    expect(kept).toHaveLength(90 * 60 - first.records);
    for (let step = 0; step < 5; step += 1) await increments.trim();
    expect(await everything(increments)).toEqual([]);
  });

  test('at its bound it trims settled records by itself, and refuses when there are none', async () => {
    const { increments } = open({ consumers: ['c'], bytesMax: 400_000 });
    const large = { partitionKey: 'k', data: new Uint8Array(50_000) };
    const fill = async (): Promise<string[]> => {
      const numbers: string[] = [];
      for (let tries = 0; tries < 20; tries += 1) {
        const [result] = await increments.append([large]);
        if (result?.status !== 'appended') {
          expect(result).toEqual({ status: 'refused', reason: 'log full: nothing can be trimmed yet' });
          return numbers;
        }
        numbers.push(result.sequenceNumber);
      }
      throw new Error('the log never became full');
    };
    const taken = await fill();
    expect(taken.length).toBeGreaterThan(3);
    expect(await everything(increments)).toHaveLength(taken.length);
    // Half is settled: as much goes in again, without a call to trim.
    await increments.writeCheckpoint('c', shardId, taken[Math.floor(taken.length / 2)] ?? '');
    const more = await fill();
    expect(more.length).toBeGreaterThan(0);
    expect(increments.liveBytes()).toBeLessThanOrEqual(400_000);
    const numbers = (await everything(increments)).map(({ sequenceNumber }) => sequenceNumber);
    expect(numbers.slice(-more.length)).toEqual(more);
    expect(numbers).toEqual(expect.arrayContaining(taken.slice(Math.floor(taken.length / 2) + 1)));
  });

  test('another number of shards closes the old ones and opens their children', async () => {
    const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`);
    const first = open({ shardCount: 2 });
    const before = await appendAll(
      first.increments,
      keys.map((key) => entry(key, 'before')),
    );
    const { increments } = await reopen({ shardCount: 3 });
    const shards = await increments.shards();
    expect(shards.map(({ closed }) => closed)).toEqual([true, true, false, false, false]);
    expect(shards.slice(2).map(({ parentShardIds }) => parentShardIds)).toEqual([
      ['shardId-000000000000'],
      ['shardId-000000000000', 'shardId-000000000001'],
      ['shardId-000000000001'],
    ]);
    const after = await appendAll(
      increments,
      keys.map((key) => entry(key, 'after')),
    );
    const parentsOf = new Map(shards.map((shard) => [shard.shardId, shard.parentShardIds]));
    for (const [index, place] of after.entries()) {
      expect(parentsOf.get(place.shardId)).toContain(before[index]?.shardId);
      expect(growing([before[index] ?? place, place])).toBe(true);
    }
    expect(await recordsOf(increments, keys, 200)).toHaveLength(200);
    // The same number again changes nothing.
    expect(await (await reopen({ shardCount: 3 })).increments.shards()).toEqual(shards);
  });

  test('another epoch is another log', async () => {
    await appendAll(open().increments, [entry('k', 'one')]);
    const second = await reopen({ epoch: '2' });
    expect(await everything(second.increments)).toEqual([]);
    expect(second.increments.epoch).toBe('2');
    const again = await reopen();
    expect((await everything(again.increments)).map(textOf)).toEqual(['one']);
  });

  test('a large append is spread over blocks that are read one by one', async () => {
    const { increments } = open();
    const entries = Array.from({ length: 400 }, (_, i) => ({
      partitionKey: `k${i}`,
      data: new Uint8Array(10_000).fill(i % 256),
    }));
    await appendAll(increments, entries);
    const records = await readShard(increments, shardId, { recordsMax: 33, bytesMax: 1_000_000 });
    expect(records.map(({ partitionKey, data }) => [partitionKey, data[0], data[9999]])).toEqual(
      entries.map(({ partitionKey }, i) => [partitionKey, i % 256, i % 256]),
    );
  });
});

async function everything(log: LogReader): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  for (const shard of await log.shards()) records.push(...(await readShard(log, shard.shardId)));
  return records;
}

function growing(places: readonly { readonly sequenceNumber: string }[]): boolean {
  const numbers = places.map(({ sequenceNumber }) => sequenceNumber);
  return numbers.every((number, i) => i === 0 || compareSequenceNumbers(number, numbers[i - 1] ?? '') > 0);
}
