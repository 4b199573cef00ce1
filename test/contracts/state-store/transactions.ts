import { describe, expect, test } from '@jest/globals';
import type { WriteAction } from '../../../lib/ports/state-store.ts';
import { freshItem, freshKey, type StoreUnderTest } from './opened-store.ts';

const present = { op: 'item-present' } as const;
const absent = { op: 'item-absent' } as const;

export function testTransactions(store: StoreUnderTest): void {
  describe('transactions', () => {
    test('all actions take effect together', async () => {
      const counter = await freshItem(store(), { total: 1n, hw: '0011' });
      const deleted = await freshItem(store(), { a: 'x' });
      const checked = await freshItem(store(), { a: 'y' });
      const created = freshKey();
      const result = await store().transact([
        { type: 'update', key: counter, add: { total: 2n }, set: { hw: '0012' }, condition: present },
        { type: 'delete', key: deleted, condition: present },
        { type: 'check', key: checked, condition: present },
        { type: 'put', key: created, attributes: { claimed: 'yes' }, condition: absent },
      ]);
      expect(result).toEqual({ status: 'written' });
      expect(await store().getMany([counter, deleted, checked, created])).toEqual([
        { total: 3n, hw: '0012' },
        undefined,
        { a: 'y' },
        { claimed: 'yes' },
      ]);
    });

    test('one false condition undoes all, and every false one is named with its item', async () => {
      const counter = await freshItem(store(), { total: 1n });
      const taken = await freshItem(store(), { owner: 'first', bytes: Uint8Array.of(1) });
      const [missing, created] = [freshKey(), freshKey()];
      const result = await store().transact([
        { type: 'update', key: counter, add: { total: 2n } },
        { type: 'put', key: taken, attributes: { owner: 'second' }, condition: absent },
        { type: 'put', key: created, attributes: {}, condition: absent },
        { type: 'check', key: missing, condition: present },
      ]);
      expect(result).toEqual({
        status: 'condition-failed',
        failed: [
          { index: 1, item: { owner: 'first', bytes: Uint8Array.of(1) } },
          { index: 3, item: undefined },
        ],
      });
      expect(await store().getMany([counter, taken, created])).toEqual([
        { total: 1n },
        { owner: 'first', bytes: Uint8Array.of(1) },
        undefined,
      ]);
    });

    test('takes 100 actions, across tables', async () => {
      const tables = ['ads', 'counters', 'requests', 'tokens', 'delivery'] as const;
      const keys = Array.from({ length: 100 }, (_, index) => freshKey('', tables[index % 5]));
      const put = (key: WriteAction['key']): WriteAction => ({ type: 'put', key, attributes: { a: key.pk } });
      expect(await store().transact(keys.map(put))).toEqual({ status: 'written' });
      expect(await store().getMany(keys)).toEqual(keys.map(({ pk }) => ({ a: pk })));
    });

    test('refuses over 100 actions, and none', async () => {
      const keys = Array.from({ length: 101 }, () => freshKey());
      const actions = keys.map((key): WriteAction => ({ type: 'put', key, attributes: {} }));
      await expect(store().transact(actions)).rejects.toThrow(RangeError);
      await expect(store().transact([])).rejects.toThrow(RangeError);
      expect(await store().getMany(keys.slice(0, 100))).toEqual(keys.slice(0, 100).map(() => undefined));
    });

    test('refuses over 4,000,000 bytes together', async () => {
      const keys = Array.from({ length: 11 }, () => freshKey());
      const attributes = { a: 'x'.repeat(390_000) };
      const actions = keys.map((key): WriteAction => ({ type: 'put', key, attributes }));
      await expect(store().transact(actions)).rejects.toThrow(RangeError);
      expect(await store().getMany(keys)).toEqual(keys.map(() => undefined));
    });

    test('refuses two actions on one item, a check among them', async () => {
      const key = await freshItem(store(), { total: 1n });
      const other = freshKey();
      const writing = store().transact([
        { type: 'put', key: other, attributes: {} },
        { type: 'check', key, condition: present },
        { type: 'update', key: { ...key }, add: { total: 1n } },
      ]);
      await expect(writing).rejects.toThrow(RangeError);
      expect(await store().getMany([key, other])).toEqual([{ total: 1n }, undefined]);
    });

    test('a limit that only a stored item shows leaves nothing behind', async () => {
      const full = await freshItem(store(), { total: 10n ** 38n - 1n });
      const other = freshKey();
      const writing = store().transact([
        { type: 'put', key: other, attributes: {} },
        { type: 'update', key: full, add: { total: 2n } },
      ]);
      await expect(writing).rejects.toThrow(RangeError);
      expect(await store().getMany([full, other])).toEqual([{ total: 10n ** 38n - 1n }, undefined]);
    });
  });

  describe('independent transactions', () => {
    test('each succeeds or fails by itself, and its result is in its place', async () => {
      const counter = await freshItem(store(), { total: 1n });
      const taken = await freshItem(store(), { owner: 'first' });
      const [claim, other, created] = [freshKey(), freshKey(), freshKey()];
      const results = await store().transactEach([
        [
          { type: 'update', key: counter, add: { total: 2n } },
          { type: 'put', key: claim, attributes: {}, condition: absent },
        ],
        [
          { type: 'put', key: other, attributes: {} },
          { type: 'put', key: taken, attributes: { owner: 'second' }, condition: absent },
        ],
        [{ type: 'put', key: created, attributes: { a: 'x' }, condition: absent }],
      ]);
      expect(results).toEqual([
        { status: 'written' },
        { status: 'condition-failed', failed: [{ index: 1, item: { owner: 'first' } }] },
        { status: 'written' },
      ]);
      expect(await store().getMany([counter, claim, other, taken, created])).toEqual([
        { total: 3n },
        {},
        undefined,
        { owner: 'first' },
        { a: 'x' },
      ]);
    });

    test('of two that claim one item, one gets it', async () => {
      const [claim, first, second] = [freshKey(), freshKey(), freshKey()];
      const claiming = (key: WriteAction['key']): WriteAction[] => [
        { type: 'put', key, attributes: {} },
        { type: 'put', key: claim, attributes: {}, condition: absent },
      ];
      await store().transactEach([claiming(first), claiming(second)]);
      const items = await store().getMany([claim, first, second]);
      expect(items.filter((item) => item !== undefined)).toHaveLength(2);
      expect(items[0]).toEqual({});
    });

    test('of nothing is nothing', async () => {
      expect(await store().transactEach([])).toEqual([]);
    });

    test('are refused before any is written when one is over a limit of its own, or none', async () => {
      const [key, other] = [freshKey(), freshKey()];
      const first: WriteAction[] = [{ type: 'put', key: other, attributes: {} }];
      const twice: WriteAction[] = [
        { type: 'put', key, attributes: {} },
        { type: 'delete', key: { ...key } },
      ];
      await expect(store().transactEach([first, twice])).rejects.toThrow(RangeError);
      await expect(store().transactEach([first, []])).rejects.toThrow(RangeError);
      const many = Array.from({ length: 1001 }, () => first);
      await expect(store().transactEach(many)).rejects.toThrow(RangeError);
      expect(await store().getMany([key, other])).toEqual([undefined, undefined]);
    });

    test('reject when only a stored item shows a limit, once the others are written', async () => {
      const full = await freshItem(store(), { total: 10n ** 38n - 1n });
      const [beside, after] = [freshKey(), freshKey()];
      const writing = store().transactEach([
        [
          { type: 'put', key: beside, attributes: {} },
          { type: 'update', key: full, add: { total: 2n } },
        ],
        [{ type: 'put', key: after, attributes: {} }],
      ]);
      await expect(writing).rejects.toThrow(RangeError);
      expect(await store().getMany([full, beside, after])).toEqual([
        { total: 10n ** 38n - 1n },
        undefined,
        {},
      ]);
    });
  });
}
