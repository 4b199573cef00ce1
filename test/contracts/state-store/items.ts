import { describe, expect, test } from '@jest/globals';
import type { AttributeValue, Attributes, ItemKey } from '../../../lib/ports/state-store.ts';
import { unique } from '../unique.ts';
import { freshItem, freshKey, type StoreUnderTest } from './opened-store.ts';

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

export function testItems(store: StoreUnderTest): void {
  describe('items', () => {
    test('an item that was never written is absent', async () => {
      expect(await store().get(freshKey())).toBeUndefined();
      expect(await store().getMany([freshKey(), freshKey()])).toEqual([undefined, undefined]);
    });

    test('put answers with the item and get finds it', async () => {
      const key = freshKey('part');
      const attributes = { text: 'hello', number: 42n, bytes: everyByte };
      const result = await store().write({ type: 'put', key, attributes });
      expect(result).toEqual({ status: 'written', item: attributes });
      expect(await store().get(key)).toEqual(attributes);
    });

    test('put replaces the whole item', async () => {
      const key = await freshItem(store(), { old: 'x', kept: 'y' });
      await store().write({ type: 'put', key, attributes: { kept: 'z' } });
      expect(await store().get(key)).toEqual({ kept: 'z' });
    });

    test('an item without attributes exists', async () => {
      const key = await freshItem(store(), {});
      expect(await store().get(key)).toEqual({});
    });

    test.each<[string, AttributeValue]>([
      ['empty text', ''],
      ['text beyond the BMP', 'naïve 😀 \u{10FFFF} \u0000 \n'],
      ['no bytes', new Uint8Array(0)],
      ['every byte', everyByte],
      ['zero', 0n],
      ['one past a double', 2n ** 53n + 1n],
      ['minus one past a double', -(2n ** 53n) - 1n],
      ['38 digits', 10n ** 38n - 1n],
      ['minus 38 digits', -(10n ** 38n - 1n)],
      ['38 digits that a float would round', 12345678901234567890123456789012345678n],
      ['trailing zeros', 10n ** 37n],
    ])('keeps %s as it is', async (_, value) => {
      const key = await freshItem(store(), { value });
      expect(await store().get(key)).toEqual({ value });
    });

    test('names may hold any character', async () => {
      const attributes = { 'hw|1|shardId-000000000000|': 'a', 'ключ 😀.#:$': 'b', constructor: 'c' };
      const key = await freshItem(store(), attributes);
      expect(await store().get(key)).toEqual(attributes);
    });

    test('keys that look alike are different items', async () => {
      const base = unique('k');
      const keys: ItemKey[] = [
        { table: 'counters', pk: base, sk: '' },
        { table: 'ads', pk: base, sk: '' },
        { table: 'requests', pk: base, sk: '' },
        { table: 'tokens', pk: base, sk: '' },
        { table: 'delivery', pk: base, sk: '' },
        { table: 'counters', pk: base, sk: 'a' },
        { table: 'counters', pk: `${base}a`, sk: '' },
        { table: 'counters', pk: `${base}/a`, sk: '' },
        { table: 'counters', pk: base, sk: '/a' },
        { table: 'counters', pk: `${base}é`, sk: '' },
        { table: 'counters', pk: `${base}e\u0301`, sk: '' },
        { table: 'counters', pk: `${base}😀`, sk: '😀' },
        { table: 'counters', pk: `${base}\u0000`, sk: '\u0000' },
        { table: 'counters', pk: `${base}-`, sk: '-' },
      ];
      for (const [index, key] of keys.entries()) {
        await store().write({ type: 'put', key, attributes: { index: BigInt(index) } });
      }
      expect(await store().getMany(keys)).toEqual(keys.map((_, index) => ({ index: BigInt(index) })));
    });

    test('the longest keys work, and longer ones are refused', async () => {
      const tail = unique('x');
      const pk = 'é'.repeat((2048 - tail.length) / 2) + tail;
      const longest = { table: 'counters', pk, sk: 's'.repeat(1000) } as const;
      const sibling = { ...longest, sk: 's'.repeat(999) };
      await store().write({ type: 'put', key: longest, attributes: { a: 'x' } });
      await store().write({ type: 'put', key: sibling, attributes: { a: 'y' } });
      expect(await store().get(longest)).toEqual({ a: 'x' });
      const page = await store().query({ table: 'counters', pk, limit: 10 });
      expect(page.items.map(({ sk }) => sk.length)).toEqual([999, 1000]);
      await expect(store().get({ ...longest, pk: `${pk}!` })).rejects.toThrow(RangeError);
      await expect(store().get({ ...longest, sk: 's'.repeat(1001) })).rejects.toThrow(RangeError);
      await expect(store().get({ ...longest, pk: '' })).rejects.toThrow(RangeError);
    });

    test.each<[string, Attributes]>([
      ['39 digits', { a: 10n ** 38n }],
      ['minus 39 digits', { a: -(10n ** 38n) }],
      ['a lone surrogate', { a: 'x\ud800' }],
      ['the name pk', { pk: 'x' }],
      ['the name sk', { sk: 'x' }],
      ['an empty name', { '': 'x' }],
      ['an item over 400,000 bytes', { a: 'x'.repeat(400_000) }],
    ])('put refuses %s and writes nothing', async (_, attributes) => {
      const key = freshKey();
      await expect(store().write({ type: 'put', key, attributes })).rejects.toThrow(RangeError);
      expect(await store().get(key)).toBeUndefined();
    });

    test('an item just under the limit is kept', async () => {
      const attributes = { text: 'x'.repeat(200_000), bytes: new Uint8Array(199_000).fill(7) };
      const key = await freshItem(store(), attributes);
      expect(await store().get(key)).toEqual(attributes);
    });

    test('what was handed in or out can be changed without changing the item', async () => {
      const bytes = Uint8Array.of(1, 2, 3);
      const attributes = { bytes, text: 'a' };
      const key = await freshItem(store(), attributes);
      bytes[0] = 99;
      attributes.text = 'changed';
      const found = await store().get(key);
      expect(found).toEqual({ bytes: Uint8Array.of(1, 2, 3), text: 'a' });
      (found?.['bytes'] as Uint8Array)[1] = 99;
      const written = await store().write({ type: 'update', key, set: { text: 'b' } });
      (written.item?.['bytes'] as Uint8Array)[2] = 99;
      expect(await store().get(key)).toEqual({ bytes: Uint8Array.of(1, 2, 3), text: 'b' });
    });

    test('delete removes an item and does not mind an absent one', async () => {
      const key = await freshItem(store(), { a: 'x' });
      expect(await store().write({ type: 'delete', key })).toEqual({ status: 'written', item: undefined });
      expect(await store().get(key)).toBeUndefined();
      expect(await store().write({ type: 'delete', key })).toEqual({ status: 'written', item: undefined });
    });

    test('getMany answers in the order of its keys', async () => {
      const keys = Array.from({ length: 100 }, () => freshKey());
      const written = keys.filter((_, index) => index % 3 === 0);
      await store().writeEach(written.map((key) => ({ type: 'put', key, attributes: { copy: key.pk } })));
      expect(await store().getMany(keys)).toEqual(
        keys.map((key, index) => (index % 3 === 0 ? { copy: key.pk } : undefined)),
      );
      expect(await store().getMany([])).toEqual([]);
    });

    test('getMany refuses over 100 keys and a key named twice', async () => {
      const keys = Array.from({ length: 101 }, () => freshKey());
      await expect(store().getMany(keys)).rejects.toThrow(RangeError);
      const key = freshKey();
      await expect(store().getMany([key, freshKey(), { ...key }])).rejects.toThrow(RangeError);
    });
  });
}
