import { describe, expect, test } from '@jest/globals';
import type { WriteAction } from '../../../lib/ports/state-store.ts';
import { freshItem, freshKey, type StoreUnderTest } from './opened-store.ts';

type Update = Omit<Extract<WriteAction, { type: 'update' }>, 'type' | 'key'>;

export function testUpdates(store: StoreUnderTest): void {
  describe('updates', () => {
    test('an update creates the item, counting from 0', async () => {
      const key = freshKey();
      const result = await store().write({ type: 'update', key, add: { total: 5n }, set: { mark: '0011' } });
      expect(result).toEqual({ status: 'written', item: { total: 5n, mark: '0011' } });
      expect(await store().get(key)).toEqual({ total: 5n, mark: '0011' });
    });

    test('an update that names nothing creates an empty item', async () => {
      const key = freshKey();
      await store().write({ type: 'update', key });
      expect(await store().get(key)).toEqual({});
    });

    test('set, add and remove change what they name and nothing else', async () => {
      const key = await freshItem(store(), { total: 7n, gone: 'x', kept: 'y', text: 'old' });
      const result = await store().write({
        type: 'update',
        key,
        set: { text: 'new', bytes: Uint8Array.of(1) },
        add: { total: -10n },
        remove: ['gone', 'never-there'],
      });
      const item = { total: -3n, kept: 'y', text: 'new', bytes: Uint8Array.of(1) };
      expect(result).toEqual({ status: 'written', item });
      expect(await store().get(key)).toEqual(item);
    });

    test('set replaces a value of another type', async () => {
      const key = await freshItem(store(), { a: 'text' });
      await store().write({ type: 'update', key, set: { a: 1n } });
      expect(await store().get(key)).toEqual({ a: 1n });
    });

    test('sums stay exact up to 38 digits', async () => {
      const key = await freshItem(store(), { total: 10n ** 38n - 2n });
      await store().write({ type: 'update', key, add: { total: 1n } });
      expect(await store().get(key)).toEqual({ total: 10n ** 38n - 1n });
    });

    test.each<[string, Update]>([
      // 10^38 has 39 digits but one that counts, and DynamoDB keeps it.
      ['a sum of 39 digits', { add: { total: 2n }, set: { other: 'x' } }],
      ['adding to text', { add: { text: 1n }, set: { other: 'x' } }],
      ['a value of 39 digits', { set: { other: 10n ** 38n } }],
      ['a name set and added', { set: { other: 'x' }, add: { other: 1n } }],
      ['a name set and removed', { set: { other: 'x' }, remove: ['other'] }],
      ['a name removed twice', { remove: ['text', 'text'] }],
      ['an item grown over its limit', { set: { other: 'x'.repeat(300_000) } }],
    ])('an update refuses %s and leaves the item alone', async (_, update) => {
      const attributes = { total: 10n ** 38n - 1n, text: 'a', large: 'x'.repeat(200_000) };
      const key = await freshItem(store(), attributes);
      await expect(store().write({ type: 'update', key, ...update })).rejects.toThrow(RangeError);
      expect(await store().get(key)).toEqual(attributes);
    });
  });
}
