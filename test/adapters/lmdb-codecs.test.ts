import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { ByteReader, writeText, writeVarint } from '../../lib/adapters/lmdb/byte-codec.ts';
import {
  decodeExpiry,
  decodeItem,
  encodedItemBytesMax,
  encodeItem,
} from '../../lib/adapters/lmdb/item-codec.ts';
import { encodeItemKey, partitionPrefix } from '../../lib/adapters/lmdb/item-key.ts';
import {
  blockBound,
  BlockBuilder,
  decodeBlockKey,
  encodeBlockKey,
  readBlock,
} from '../../lib/adapters/lmdb/record-block.ts';
import { alignShards } from '../../lib/adapters/lmdb/shard-table.ts';
import { hashSpace } from '../../lib/adapters/records/partition-hash.ts';
import type { Attributes } from '../../lib/ports/state-store.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';

const text = fc.string({ unit: 'binary', maxLength: 80 });
const bytes = fc.uint8Array({ maxLength: 80 });
const limit = 10n ** 38n - 1n;

describe('the formats on LMDB', () => {
  test('numbers come back', () => {
    const reader = new ByteReader();
    const target = Buffer.alloc(8);
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const end = writeVarint(target, value, 0);
        reader.reset(target, 0);
        expect([reader.varint(), reader.position]).toEqual([value, end]);
      }),
      { examples: [[0], [127], [128], [16_383], [16_384], [2 ** 32], [Number.MAX_SAFE_INTEGER]] },
    );
  });

  test('text is written as UTF-8', () => {
    fc.assert(
      fc.property(text, (value) => {
        const target = Buffer.alloc(400);
        const end = writeText(target, value, 3);
        expect(target.subarray(3, end)).toEqual(Buffer.from(value));
      }),
    );
  });

  test('names come back, known or not, and none is taken for another with like bytes', () => {
    const names = [
      'total',
      'é',
      'Ã©',
      'total',
      'Ã©',
      'é',
      ...Array.from({ length: 3000 }, (_, i) => `n${i % 1500}`),
    ];
    const reader = new ByteReader();
    for (const name of names) {
      const target = Buffer.from([Buffer.byteLength(name), ...Buffer.from(name)]);
      reader.reset(target, 0);
      expect([reader.name(), reader.position]).toEqual([name, target.length]);
    }
  });

  test('items come back whole, within the bytes foretold', () => {
    const value = fc.oneof(text, bytes, fc.bigInt({ min: -limit, max: limit }), fc.maxSafeNat().map(BigInt));
    const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((n) => n !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(names, value, { maxKeys: 8, noNullPrototype: true }), (attributes) => {
        const target = Buffer.alloc(encodedItemBytesMax(attributes) + 8);
        const end = encodeItem(target, attributes, 8);
        expect(end).toBeLessThanOrEqual(target.length);
        expect(decodeItem(target.subarray(8, end))).toEqual(attributes);
      }),
    );
  });

  test.each<[Attributes, number]>([
    [{}, 0],
    [{ expires_at: 1_767_225_600n }, 1_767_225_600],
    [{ expires_at: 'soon' }, 0],
    [{ expires_at: -5n }, 0],
    [{ expires_at: 2n ** 60n }, 0],
    [{ a: 'x', expires_at: 7n }, 7],
  ])('the expiry of %p can be told without decoding', (attributes, expiry) => {
    const target = Buffer.alloc(200);
    const end = encodeItem(target, attributes, 0);
    expect(decodeExpiry(target.subarray(0, end))).toBe(expiry);
  });

  test('item keys of a partition stand together, in the order of their sort keys', () => {
    const partition = fc.record({
      table: fc.constantFrom('ads', 'counters', 'requests', 'tokens', 'delivery'),
      pk: text,
    });
    fc.assert(
      fc.property(partition, text, partition, text, (one, oneSk, other, otherSk) => {
        const a = Buffer.from(encodeItemKey({ ...one, sk: oneSk }));
        const b = Buffer.from(encodeItemKey({ ...other, sk: otherSk }));
        const prefix = partitionPrefix(one);
        expect(a.subarray(0, prefix.length).equals(prefix)).toBe(true);
        const same = one.table === other.table && one.pk === other.pk;
        expect(b.subarray(0, prefix.length).equals(prefix)).toBe(same);
        const sibling = Buffer.from(encodeItemKey({ ...one, sk: otherSk }));
        expect(a.compare(sibling)).toBe(Buffer.compare(Buffer.from(oneSk), Buffer.from(otherSk)));
      }),
    );
  });

  test('the longest keys fit into LMDB, and differ', () => {
    const sk = 'é'.repeat(500);
    const keys = [900, 901, 2048].map((length) => ({ table: 'ads', pk: 'x'.repeat(length), sk }) as const);
    const encoded = keys.map((key) => Buffer.from(encodeItemKey(key)));
    for (const key of encoded) expect(key.length).toBeLessThanOrEqual(1978);
    expect(new Set(encoded.map((key) => key.toString('hex'))).size).toBe(3);
  });

  test('block keys come back, in the order of shard and number', () => {
    const key = fc.record({
      shardIndex: fc.nat(65_535),
      lastNumber: fc.maxSafeNat(),
      count: fc.nat(0xffff_ffff),
      arrivedAtMs: fc.nat(2 ** 45),
      bytes: fc.nat(2 ** 45),
    });
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(decodeBlockKey(encodeBlockKey(a))).toEqual(a);
        const order = a.shardIndex - b.shardIndex || a.lastNumber - b.lastNumber;
        if (order !== 0) expect(encodeBlockKey(a).compare(encodeBlockKey(b))).toBe(Math.sign(order));
        expect(blockBound(a.shardIndex, a.lastNumber).compare(encodeBlockKey(a))).toBe(-1);
      }),
    );
  });

  test('records come back from a block, from any number on', () => {
    const entry = fc.record({ partitionKey: text, data: bytes });
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), fc.nat(25), (entries, skipped) => {
        const builder = new BlockBuilder();
        for (const each of entries) builder.add(each);
        const facts = { shardIndex: 0, lastNumber: 100 + entries.length, count: entries.length };
        const key = { ...facts, arrivedAtMs: 5, bytes: builder.bytes };
        const records: LogRecord[] = [];
        readBlock(builder.finish(), key, 100 + skipped, records, { records: 1000, bytes: 1_000_000 });
        expect(
          records.map(({ sequenceNumber, partitionKey, data }) => [sequenceNumber, partitionKey, [...data]]),
        ).toEqual(
          entries.map((each, i) => [String(101 + i), each.partitionKey, [...each.data]]).slice(skipped),
        );
      }),
    );
  });

  test('open shards always cover the hash space, and closed ones have heirs', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), (counts) => {
        const shards = counts.reduce(alignShards, []);
        const open = shards.filter(({ closed }) => !closed);
        expect(open).toHaveLength(counts.at(-1) ?? 0);
        expect(open.reduce((sum, { hashFrom, hashTo }) => sum + hashTo - hashFrom, 0)).toBe(hashSpace);
        const parents = new Set(shards.flatMap(({ parentShardIds }) => parentShardIds));
        expect(shards.filter(({ closed }) => closed).every(({ shardId }) => parents.has(shardId))).toBe(true);
      }),
    );
  });
});
