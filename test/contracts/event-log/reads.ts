import { describe, expect, test } from '@jest/globals';
import { compareSequenceNumbers } from '../../../lib/core/sequence-number.ts';
import { eventually } from '../eventually.ts';
import { unique } from '../unique.ts';
import {
  appendAll,
  comparable,
  entry,
  readShard,
  recordsOf,
  textOf,
  type LogUnderTest,
} from './stored-records.ts';

export function testReads(underTest: LogUnderTest): void {
  describe('reads', () => {
    test('a shard is read in the order of its numbers, and one partition key in the order of its calls', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      for (let call = 0; call < 15; call += 1) await appendAll(log, [entry(key, String(call))]);
      const records = await recordsOf(reader, [key], 15);
      expect(records.map(textOf)).toEqual(Array.from({ length: 15 }, (_, call) => String(call)));
      const all = await readShard(reader, records[0]?.shardId ?? '');
      const numbers = all.map(({ sequenceNumber }) => sequenceNumber);
      expect(numbers.toSorted(compareSequenceNumbers)).toEqual(numbers);
    });

    test('a read goes on right behind the number it is given', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      const results = await appendAll(
        log,
        Array.from({ length: 30 }, (_, i) => entry(key, String(i))),
      );
      const shardId = results[0]?.shardId ?? '';
      await recordsOf(reader, [key], 30);
      const all = await readShard(reader, shardId);
      for (const index of [0, 1, Math.floor(all.length / 2), all.length - 2, all.length - 1]) {
        const rest = await readShard(reader, shardId, undefined, all[index]?.sequenceNumber);
        expect(comparable(rest)).toEqual(comparable(all.slice(index + 1)));
      }
    });

    test('small pages join to the whole', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      const [result] = await appendAll(
        log,
        Array.from({ length: 50 }, (_, i) => entry(key, `record ${i}`)),
      );
      const shardId = result?.shardId ?? '';
      await recordsOf(reader, [key], 50);
      const all = comparable(await readShard(reader, shardId));
      const few = await readShard(reader, shardId, { recordsMax: 7, bytesMax: 10_000_000 });
      expect(comparable(few)).toEqual(all);
      const small = await readShard(reader, shardId, { recordsMax: 1000, bytesMax: 100_000 });
      expect(comparable(small)).toEqual(all);
      const page = await reader.read(shardId, undefined, { recordsMax: 7, bytesMax: 10_000_000 });
      expect(page.length).toBeGreaterThan(0);
      expect(page.length).toBeLessThanOrEqual(7);
    });

    test('bytesMax cuts a page, but never before its first record', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      const data = new Uint8Array(10_000);
      const results = await appendAll(
        log,
        Array.from({ length: 10 }, () => ({ partitionKey: key, data })),
      );
      const records = await recordsOf(reader, [key], 10);
      const first = results.map(({ sequenceNumber }) => sequenceNumber).sort(compareSequenceNumbers)[0];
      const shardId = records[0]?.shardId ?? '';
      const page = async (bytesMax: number): Promise<number> =>
        (await reader.read(shardId, first, { recordsMax: 100, bytesMax })).length;
      expect(await page(1)).toBe(1);
      expect(await page(35_000)).toBeLessThanOrEqual(3);
      expect(await page(35_000)).toBeGreaterThanOrEqual(1);
    });

    test('behind the last record there is nothing until one comes', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      const [last] = await appendAll(log, [entry(key, 'last')]);
      const [shardId, number] = [last?.shardId ?? '', last?.sequenceNumber];
      await recordsOf(reader, [key], 1);
      const limits = { recordsMax: 10, bytesMax: 10_000_000 };
      expect(await reader.read(shardId, number, limits)).toEqual([]);
      await appendAll(log, [entry(key, 'next')]);
      const records = await eventually('the next record', async () => {
        const found = await reader.read(shardId, number, limits);
        return found.length > 0 ? found : undefined;
      });
      expect(records.map(textOf)).toEqual(['next']);
    });

    test('an unknown shard is an error of the caller', async () => {
      const limits = { recordsMax: 1, bytesMax: 1 };
      await expect(underTest().reader.read('shardId-no', undefined, limits)).rejects.toThrow();
    });
  });
}
