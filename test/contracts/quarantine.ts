import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { quarantineKey, type Quarantine, type QuarantinedRecord } from '../../lib/ports/quarantine.ts';
import { unique } from './unique.ts';

export interface QuarantineUnderTest {
  readonly quarantine: Quarantine;
  close?(): Promise<void>;
}

/** The contract of `Quarantine` (lib/ports/quarantine.ts), for every adapter. */
export function testQuarantine(name: string, open: () => Promise<QuarantineUnderTest>): void {
  describe(`${name} keeps the contract of the quarantine`, () => {
    let opened: QuarantineUnderTest | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close?.();
    });
    const quarantine = (): Quarantine => {
      if (opened === undefined) throw new Error('the quarantine did not open');
      return opened.quarantine;
    };

    test('a record is kept whole', async () => {
      const record = fresh({ data: Uint8Array.from({ length: 256 }, (_, byte) => byte) });
      await quarantine().store(record);
      expect(await quarantine().get(record)).toEqual(record);
    });

    test.each<[string, Partial<QuarantinedRecord>]>([
      ['an empty body', { data: new Uint8Array(0) }],
      ['a body of 1 MiB', { data: new Uint8Array(1_048_576).fill(3) }],
      ['any partition key', { partitionKey: '😀\u0001\u0000/"\\' }],
      ['a long reason in any script', { reason: 'непонятно: '.repeat(100) }],
    ])('keeps %s', async (_, fields) => {
      const record = fresh(fields);
      await quarantine().store(record);
      const found = await quarantine().get(record);
      // Jest compares a megabyte element by element, which takes seconds.
      const empty = new Uint8Array(0);
      expect({ ...found, data: empty }).toEqual({ ...record, data: empty });
      expect(Buffer.compare(found?.data ?? Uint8Array.of(1, 2), record.data)).toBe(0);
    });

    test('storing again replaces', async () => {
      const record = fresh({ reason: 'first' });
      await quarantine().store(record);
      await quarantine().store({ ...record, reason: 'second', data: Uint8Array.of(9) });
      expect(await quarantine().get(record)).toEqual({ ...record, reason: 'second', data: Uint8Array.of(9) });
      const { records } = await listAll(record.shardId);
      expect(records).toHaveLength(1);
    });

    test('what was never stored or was removed is absent', async () => {
      const record = fresh({});
      expect(await quarantine().get(record)).toBeUndefined();
      await quarantine().store(record);
      await quarantine().remove(record);
      expect(await quarantine().get(record)).toBeUndefined();
      await expect(quarantine().remove(record)).resolves.toBeUndefined();
    });

    test('records that differ in any part of their id are different', async () => {
      const base = fresh({});
      const records = [
        base,
        { ...base, stream: 'ad-events' as const },
        { ...base, epoch: '2' },
        { ...base, shardId: `${base.shardId}x` },
        { ...base, sequenceNumber: `${base.sequenceNumber}0` },
      ];
      for (const [index, record] of records.entries()) {
        await quarantine().store({ ...record, reason: String(index) });
      }
      const found = await Promise.all(records.map(async (record) => quarantine().get(record)));
      expect(found.map((record) => record?.reason)).toEqual(['0', '1', '2', '3', '4']);
    });

    test('pages list every entry once, by key', async () => {
      const shardId = unique('shard');
      const numbers = ['1', '10', '2', '21', '3', '33', '4'];
      for (const sequenceNumber of numbers) await quarantine().store(fresh({ shardId, sequenceNumber }));
      const { records, pages } = await listAll(shardId, 3);
      expect(records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(numbers);
      expect(pages).toBeGreaterThan(1);
    });

    test.each([0, 1001, 1.5])('a limit of %d is refused', async (limit) => {
      await expect(quarantine().list({ limit })).rejects.toThrow(RangeError);
    });

    test('what was handed in or out can be changed without changing the record', async () => {
      const data = Uint8Array.of(1, 2, 3);
      const record = fresh({ data });
      await quarantine().store(record);
      data[0] = 99;
      const found = await quarantine().get(record);
      expect(found?.data).toEqual(Uint8Array.of(1, 2, 3));
      if (found !== undefined) found.data[1] = 99;
      expect((await quarantine().get(record))?.data).toEqual(Uint8Array.of(1, 2, 3));
    });

    /** The entries of one shard. */
    async function listAll(
      shardId: string,
      limit = 1000,
    ): Promise<{ records: readonly QuarantinedRecord[]; pages: number }> {
      const seen: QuarantinedRecord[] = [];
      let pages = 0;
      for (let more = true; more; pages += 1) {
        if (pages > 1000) throw new Error('more than 1000 pages');
        const last = seen.at(-1);
        const after = last === undefined ? {} : { after: quarantineKey(last) };
        const page = await quarantine().list({ limit, ...after });
        expect(page.records.length).toBeLessThanOrEqual(limit);
        seen.push(...page.records);
        more = page.more;
      }
      return { records: seen.filter((record) => record.shardId === shardId), pages };
    }
  });
}

function fresh(fields: Partial<QuarantinedRecord>): QuarantinedRecord {
  return {
    stream: 'increments',
    epoch: '1',
    shardId: unique('shard'),
    sequenceNumber: '123456789012345678901234567890',
    partitionKey: 'key',
    data: Uint8Array.of(123),
    arrivedAtMs: 1_767_225_600_001,
    quarantinedAtMs: 1_767_225_600_002,
    reason: 'not JSON',
    ...fields,
  };
}
