import { describe, expect, test } from '@jest/globals';
import { compareSequenceNumbers } from '../../../lib/core/sequence-number.ts';
import { unique } from '../unique.ts';
import { appendAll, entry, readShard, recordsOf, textOf, type LogUnderTest } from './stored-records.ts';

export function testAppends(underTest: LogUnderTest, astralCharactersMax: number): void {
  describe('appends', () => {
    test('stream and epoch have a name, the same for writer and reader', () => {
      const { log, reader } = underTest();
      expect(['ad-events', 'increments']).toContain(log.stream);
      expect(log.epoch).toMatch(/^[0-9a-z]{1,16}$/);
      expect([reader.stream, reader.epoch]).toEqual([log.stream, log.epoch]);
    });

    test('a record is kept whole where its result says', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      const data = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const [result] = await appendAll(log, [{ partitionKey: key, data }]);
      const [record] = await recordsOf(reader, [key], 1);
      expect(record).toEqual({
        ...record,
        partitionKey: key,
        data,
        shardId: result?.shardId,
        sequenceNumber: result?.sequenceNumber,
      });
      expect(result?.sequenceNumber).toMatch(/^(0|[1-9]\d{0,128})$/);
      expect(result?.shardId).toMatch(/^[0-9a-zA-Z_.-]{1,128}$/);
      expect(Number.isSafeInteger(record?.arrivedAtMs)).toBe(true);
    });

    test('shards share the hash space in stretches', async () => {
      const { log, reader } = underTest();
      const open = (await reader.shards()).filter(({ closed }) => !closed);
      const keys = Array.from({ length: 200 }, () => unique('key'));
      const results = await appendAll(
        log,
        keys.map((key) => entry(key, 'placed')),
      );
      const placed = keys.map((key, index) => ({
        place: log.hashPosition(key),
        shardId: results[index]?.shardId,
      }));
      for (const [index, { place }] of placed.entries()) {
        expect(place >= 0 && place < 1 && place === log.hashPosition(keys[index] ?? '')).toBe(true);
      }
      const inOrder = placed.sort((x, y) => x.place - y.place).map(({ shardId }) => shardId);
      const stretches = inOrder.filter((shardId, index) => shardId !== inOrder[index - 1]);
      expect(stretches).toHaveLength(open.length);
    });

    test('result i belongs to entry i', async () => {
      const { log, reader } = underTest();
      const keys = Array.from({ length: 40 }, () => unique('key'));
      const results = await appendAll(
        log,
        keys.map((key, index) => entry(key, `record ${index}`)),
      );
      const records = await recordsOf(reader, keys, 40);
      const found = new Map(records.map((record) => [`${record.shardId}/${record.sequenceNumber}`, record]));
      const texts = results.map(({ shardId, sequenceNumber }) => {
        const record = found.get(`${shardId}/${sequenceNumber}`);
        return record === undefined ? undefined : [record.partitionKey, textOf(record)];
      });
      expect(texts).toEqual(keys.map((key, index) => [key, `record ${index}`]));
    });

    test('one partition key goes to one shard, many go to all', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      const mine = await appendAll(
        log,
        Array.from({ length: 20 }, () => entry(key, 'x')),
      );
      const again = await appendAll(log, [entry(key, 'y')]);
      expect(new Set([...mine, ...again].map(({ shardId }) => shardId)).size).toBe(1);
      const others = await appendAll(
        log,
        Array.from({ length: 400 }, () => entry(unique('key'), 'x')),
      );
      const open = (await reader.shards()).filter(({ closed }) => !closed).map(({ shardId }) => shardId);
      expect(new Set(others.map(({ shardId }) => shardId))).toEqual(new Set(open));
    });

    test('numbers grow within a shard, from call to call', async () => {
      const { log } = underTest();
      const key = unique('key');
      const numbers: string[] = [];
      for (let call = 0; call < 12; call += 1) {
        const [result] = await appendAll(log, [entry(key, String(call))]);
        numbers.push(result?.sequenceNumber ?? '');
      }
      expect(numbers.toSorted(compareSequenceNumbers)).toEqual(numbers);
      expect(new Set(numbers).size).toBe(numbers.length);
    });

    test('calls at once lose nothing and share no number', async () => {
      const { log, reader } = underTest();
      const keys = Array.from({ length: 60 }, () => unique('key'));
      const results = await Promise.all(
        keys.map(async (key) => appendAll(log, [entry(key, 'a'), entry(key, 'b')])),
      );
      const places = results.flat().map(({ shardId, sequenceNumber }) => `${shardId}/${sequenceNumber}`);
      expect(new Set(places).size).toBe(120);
      const records = await recordsOf(reader, keys, 120);
      expect(new Set(records.map((record) => `${record.shardId}/${record.sequenceNumber}`))).toEqual(
        new Set(places),
      );
    });

    test('the same record appended twice is two records', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      await appendAll(log, [entry(key, 'same')]);
      await appendAll(log, [entry(key, 'same')]);
      expect((await recordsOf(reader, [key], 2)).map(textOf)).toEqual(['same', 'same']);
    });

    test('takes 500 entries, and nothing of 501', async () => {
      const { log, reader } = underTest();
      const [key, refused] = [unique('key'), unique('key')];
      const results = await appendAll(
        log,
        Array.from({ length: 500 }, (_, i) => entry(key, String(i))),
      );
      expect(results).toHaveLength(500);
      const tooMany = Array.from({ length: 501 }, () => entry(refused, 'x'));
      await expect(log.append(tooMany)).rejects.toThrow(RangeError);
      await expectNothingOf(refused);
      expect(new Set((await recordsOf(reader, [key], 500)).map(textOf)).size).toBe(500);
    });

    test('an append of nothing is nothing', async () => {
      expect(await underTest().log.append([])).toEqual([]);
    });

    test.each([
      ['an empty record', 'k', 0],
      ['the largest record', 'k', 1_048_576 - 40],
    ])('takes %s', async (_, prefix, bytes) => {
      const { log, reader } = underTest();
      const partitionKey = unique(prefix).padEnd(40, '_');
      const data = new Uint8Array(bytes).fill(5);
      await appendAll(log, [{ partitionKey, data }]);
      const [record] = await recordsOf(reader, [partitionKey], 1);
      expect(record?.data.byteLength).toBe(bytes);
      expect(Buffer.compare(record?.data ?? new Uint8Array(1), data)).toBe(0);
    });

    test.each([
      ['no partition key', '', 1],
      ['a partition key of 257 characters', 'k'.repeat(257), 1],
      ['a partition key of 257 astral characters', '😀'.repeat(257), 1],
      ['a partition key with a lone surrogate', 'k\ud800', 1],
      ['a record over 1 MiB with its key', 'kk', 1_048_575],
    ])('refuses %s, and what came with it', async (_, partitionKey, bytes) => {
      const { log } = underTest();
      const neighbour = unique('key');
      const entries = [entry(neighbour, 'x'), { partitionKey, data: new Uint8Array(bytes) }];
      await expect(log.append(entries)).rejects.toThrow(RangeError);
      await expectNothingOf(neighbour);
    });

    test.each([
      ['256 characters', () => unique('').padEnd(256, 'k')],
      [`${astralCharactersMax} astral characters`, () => '😀'.repeat(astralCharactersMax - 37) + unique('')],
      ['control characters', () => unique('\u0001\u0000\n')],
    ])('a partition key may have %s', async (_, make) => {
      const { log, reader } = underTest();
      const key = make();
      await appendAll(log, [entry(key, 'x')]);
      expect((await recordsOf(reader, [key], 1)).map((record) => record.partitionKey)).toEqual([key]);
    });

    test('what was handed in or out can be changed without changing the record', async () => {
      const { log, reader } = underTest();
      const key = unique('key');
      const data = Uint8Array.of(1, 2, 3);
      const appending = appendAll(log, [{ partitionKey: key, data }]);
      data[0] = 99;
      await appending;
      const [record] = await recordsOf(reader, [key], 1);
      expect([...(record?.data ?? [])].slice(1)).toEqual([2, 3]);
      if (record !== undefined) record.data[1] = 99;
      data[2] = 99;
      const [again] = await recordsOf(reader, [key], 1);
      expect([...(again?.data ?? [])].slice(1)).toEqual([2, 3]);
    });

    /** A refused call writes nothing; a record written after it would stand behind one that it did write. */
    async function expectNothingOf(partitionKey: string): Promise<void> {
      const { log, reader } = underTest();
      const [marker] = await appendAll(log, [entry(partitionKey, 'marker')]);
      await recordsOf(reader, [partitionKey], 1);
      const records = await readShard(reader, marker?.shardId ?? '');
      expect(records.filter((record) => record.partitionKey === partitionKey).map(textOf)).toEqual([
        'marker',
      ]);
    }
  });
}
