import { describe, expect, test } from '@jest/globals';
import type { QueryRange, StateStore } from '../../../lib/ports/state-store.ts';
import { unique } from '../unique.ts';
import type { StoreUnderTest } from './opened-store.ts';

/** By UTF-8 bytes; by UTF-16 code units the surrogate pairs would stand before U+E000. */
const inOrder = [
  '',
  '-',
  '0',
  '00',
  '1',
  'A',
  'a',
  'a\u0000',
  'aa',
  'z',
  'é',
  '\uE000',
  '\uFFFD',
  '\u{10000}',
  '😀',
];

export function testQueries(store: StoreUnderTest): void {
  describe('queries', () => {
    test('items come in the order of the UTF-8 bytes of their sort keys', async () => {
      const pk = await partition(store(), inOrder);
      expect(await sortKeys(store(), { pk })).toEqual(inOrder);
      expect(await sortKeys(store(), { pk, order: 'descending' })).toEqual(inOrder.toReversed());
    });

    test('an item comes whole', async () => {
      const pk = unique('partition');
      const attributes = { text: 'x', number: 1n, bytes: Uint8Array.of(9) };
      await store().write({ type: 'put', key: { table: 'ads', pk, sk: 'a' }, attributes });
      expect(await store().query({ table: 'ads', pk, limit: 1 })).toEqual({
        items: [{ sk: 'a', attributes }],
        more: expect.any(Boolean),
      });
    });

    test('after is exclusive and through is inclusive, whether or not there is such an item', async () => {
      const pk = await partition(store(), ['b', 'd', 'f', 'h']);
      expect(await sortKeys(store(), { pk, after: 'b' })).toEqual(['d', 'f', 'h']);
      expect(await sortKeys(store(), { pk, after: 'c' })).toEqual(['d', 'f', 'h']);
      expect(await sortKeys(store(), { pk, through: 'f' })).toEqual(['b', 'd', 'f']);
      expect(await sortKeys(store(), { pk, through: 'g' })).toEqual(['b', 'd', 'f']);
      expect(await sortKeys(store(), { pk, after: 'b', through: 'f' })).toEqual(['d', 'f']);
      expect(await sortKeys(store(), { pk, after: 'b', through: 'f', order: 'descending' })).toEqual([
        'f',
        'd',
      ]);
      expect(await sortKeys(store(), { pk, after: '' })).toEqual(['b', 'd', 'f', 'h']);
      expect(await sortKeys(store(), { pk, after: 'h' })).toEqual([]);
      expect(await sortKeys(store(), { pk, through: 'a' })).toEqual([]);
      expect(await sortKeys(store(), { pk, after: 'f', through: 'f' })).toEqual([]);
      expect(await sortKeys(store(), { pk, after: 'h', through: 'b' })).toEqual([]);
    });

    test('the empty sort key is an item like another', async () => {
      const pk = await partition(store(), ['', 'a']);
      expect(await sortKeys(store(), { pk })).toEqual(['', 'a']);
      expect(await sortKeys(store(), { pk, after: '' })).toEqual(['a']);
      expect(await sortKeys(store(), { pk, through: '' })).toEqual(['']);
    });

    test('pages join without a gap or an overlap', async () => {
      const wanted = Array.from({ length: 23 }, (_, index) => String(index).padStart(4, '0'));
      const pk = await partition(store(), wanted);
      const seen: string[] = [];
      for (let page = 0, more = true; more; page += 1) {
        expect(page).toBeLessThan(10);
        const after = seen.at(-1);
        const found = await store().query({
          table: 'ads',
          pk,
          limit: 5,
          ...(after === undefined ? {} : { after }),
        });
        expect(found.items.length).toBeLessThanOrEqual(5);
        seen.push(...found.items.map(({ sk }) => sk));
        more = found.more;
      }
      expect(seen).toEqual(wanted);
    });

    test('the limit cuts from the chosen end', async () => {
      const pk = await partition(store(), ['a', 'b', 'c']);
      const first = await store().query({ table: 'ads', pk, limit: 2 });
      expect(first.items.map(({ sk }) => sk)).toEqual(['a', 'b']);
      expect(first.more).toBe(true);
      const last = await store().query({ table: 'ads', pk, limit: 2, order: 'descending' });
      expect(last.items.map(({ sk }) => sk)).toEqual(['c', 'b']);
    });

    test('a page past 1 MB is cut short and says so', async () => {
      const pk = unique('partition');
      for (const sk of ['1', '2', '3', '4', '5', '6']) {
        const attributes = { a: sk.repeat(300_000) };
        await store().write({ type: 'put', key: { table: 'ads', pk, sk }, attributes });
      }
      const page = await store().query({ table: 'ads', pk, limit: 1000 });
      expect(page.more).toBe(true);
      expect(page.items.length).toBeLessThan(6);
      expect(await sortKeys(store(), { pk })).toEqual(['1', '2', '3', '4', '5', '6']);
    });

    test('other partitions, tables and longer partition keys stay out', async () => {
      const pk = await partition(store(), ['a']);
      await store().write({ type: 'put', key: { table: 'ads', pk: `${pk}x`, sk: 'b' }, attributes: {} });
      await store().write({ type: 'put', key: { table: 'counters', pk, sk: 'c' }, attributes: {} });
      expect(await sortKeys(store(), { pk })).toEqual(['a']);
      expect(await store().query({ table: 'ads', pk: unique('none'), limit: 10 })).toEqual({
        items: [],
        more: false,
      });
    });

    test('a deleted item is gone from its place', async () => {
      const pk = await partition(store(), ['a', 'b', 'c']);
      await store().write({ type: 'delete', key: { table: 'ads', pk, sk: 'b' } });
      expect(await sortKeys(store(), { pk })).toEqual(['a', 'c']);
    });

    test.each([0, 1001, 1.5])('a limit of %d is refused', async (limit) => {
      await expect(store().query({ table: 'ads', pk: 'x', limit })).rejects.toThrow(RangeError);
    });
  });
}

/** A fresh partition with an item at each sort key, written in an order of their own. */
async function partition(store: StateStore, sks: readonly string[]): Promise<string> {
  const pk = unique('partition');
  const shuffled = sks.toSorted((a, b) => a.length - b.length || (a < b ? 1 : -1));
  for (const sk of shuffled)
    await store.write({ type: 'put', key: { table: 'ads', pk, sk }, attributes: {} });
  return pk;
}

/** All sort keys of a range; goes on while there may be more, as a caller must. */
async function sortKeys(
  store: StateStore,
  range: Omit<QueryRange, 'table' | 'limit'>,
): Promise<readonly string[]> {
  const seen: string[] = [];
  let rest: QueryRange = { ...range, table: 'ads', limit: 1000 };
  for (let page = 0; page < 20; page += 1) {
    const { items, more } = await store.query(rest);
    seen.push(...items.map(({ sk }) => sk));
    const last = items.at(-1)?.sk;
    if (!more || last === undefined) return seen;
    if (range.order === 'descending') return seen;
    rest = { ...rest, after: last };
  }
  throw new Error('more than 20 pages');
}
