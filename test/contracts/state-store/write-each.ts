import { describe, expect, test } from '@jest/globals';
import { freshItem, freshKey, type StoreUnderTest } from './opened-store.ts';

export function testWriteEach(store: StoreUnderTest): void {
  describe('independent writes', () => {
    test('each succeeds or fails by itself, and its result is in its place', async () => {
      const counter = await freshItem(store(), { total: 1n });
      const guarded = await freshItem(store(), { total: 2n });
      const deleted = await freshItem(store(), { total: 3n });
      const created = freshKey();
      const results = await store().writeEach([
        { type: 'update', key: counter, add: { total: 10n } },
        { type: 'put', key: guarded, attributes: {}, condition: { op: 'item-absent' } },
        { type: 'delete', key: deleted },
        { type: 'put', key: created, attributes: { a: 'x' }, condition: { op: 'item-absent' } },
      ]);
      expect(results).toEqual([
        { status: 'written', item: { total: 11n } },
        { status: 'condition-failed', item: { total: 2n } },
        { status: 'written', item: undefined },
        { status: 'written', item: { a: 'x' } },
      ]);
      expect(await store().getMany([counter, guarded, deleted, created])).toEqual([
        { total: 11n },
        { total: 2n },
        undefined,
        { a: 'x' },
      ]);
    });

    test('takes more actions than a transaction does', async () => {
      const keys = Array.from({ length: 250 }, () => freshKey());
      const results = await store().writeEach(
        keys.map((key, index) => ({ type: 'update', key, add: { total: BigInt(index) } })),
      );
      expect(results).toEqual(
        keys.map((_, index) => ({ status: 'written', item: { total: BigInt(index) } })),
      );
    });

    test('of nothing is nothing', async () => {
      expect(await store().writeEach([])).toEqual([]);
    });

    test('two actions on one item are refused and nothing is written', async () => {
      const [key, other] = [freshKey(), freshKey()];
      const writing = store().writeEach([
        { type: 'update', key: other, add: { total: 1n } },
        { type: 'update', key, add: { total: 1n } },
        { type: 'update', key: { ...key }, add: { total: 1n } },
      ]);
      await expect(writing).rejects.toThrow(RangeError);
      expect(await store().getMany([key, other])).toEqual([undefined, undefined]);
    });

    test('an action over a limit of its own is refused before any is written', async () => {
      const [key, other] = [freshKey(), freshKey()];
      const writing = store().writeEach([
        { type: 'put', key: other, attributes: { a: 'x' } },
        { type: 'put', key, attributes: { a: 10n ** 38n } },
      ]);
      await expect(writing).rejects.toThrow(RangeError);
      expect(await store().getMany([key, other])).toEqual([undefined, undefined]);
    });

    test('a limit that only the stored item shows rejects once the others are written', async () => {
      const full = await freshItem(store(), { total: 10n ** 38n - 1n });
      const [before, after] = [freshKey(), freshKey()];
      const writing = store().writeEach([
        { type: 'update', key: before, add: { total: 1n } },
        { type: 'update', key: full, add: { total: 2n } },
        { type: 'update', key: after, add: { total: 1n } },
      ]);
      await expect(writing).rejects.toThrow(RangeError);
      expect(await store().getMany([before, full, after])).toEqual([
        { total: 1n },
        { total: 10n ** 38n - 1n },
        { total: 1n },
      ]);
    });
  });
}
