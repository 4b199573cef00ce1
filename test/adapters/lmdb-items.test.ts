import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Attributes, ItemKey, WriteAction } from '../../lib/ports/state-store.ts';
import { openFresh } from './lmdb-folder.ts';

/** The state store on LMDB against lists and maps. */
let opened: ReturnType<typeof openFresh>;
beforeAll(() => {
  opened = openFresh();
});
afterAll(async () => {
  await opened.close();
});

test('a query answers what a sorted list answers, within any bounds and from either end', async () => {
  const { state } = opened;
  const parts = ['', 'a', 'b', '\u0000', '\u007f', 'é', '\uffff', '😀'];
  const sks = parts.flatMap((first) => parts.map((second) => first + second));
  const sorted = [...new Set(sks)].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const stored = sorted.filter((_, i) => i % 3 !== 1);
  // The partitions just before and after it, and one that begins with its name, hold items too.
  const pks = ['partitioo', 'partition', 'partitionb', 'partitiom', 'partition\u0000', 'x'.repeat(950)];
  for (const table of ['ads', 'counters'] as const)
    await state.writeEach(
      pks.flatMap((pk) =>
        stored.map((sk) => ({
          type: 'put' as const,
          key: { table, pk, sk },
          attributes: { of: `${pk}/${sk}` },
        })),
      ),
    );
  const bound = fc.option(fc.constantFrom(...sorted), { nil: undefined });
  const range = fc.record({
    pk: fc.constantFrom(...pks),
    after: bound,
    through: bound,
    limit: fc.integer({ min: 1, max: 40 }),
    order: fc.constantFrom('ascending', 'descending', undefined),
  });
  const isAfter = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0;
  await fc.assert(
    fc.asyncProperty(range, async ({ pk, after, through, limit, order }) => {
      const within = stored.filter(
        (sk) =>
          (after === undefined || isAfter(sk, after)) && (through === undefined || !isAfter(sk, through)),
      );
      const inOrder = order === 'descending' ? within.toReversed() : within;
      const page = await state.query({
        ...{ table: 'ads', pk, limit },
        ...(after !== undefined && { after }),
        ...(through !== undefined && { through }),
        ...(order !== undefined && { order }),
      });
      expect(page).toEqual({
        items: inOrder.slice(0, limit).map((sk) => ({ sk, attributes: { of: `${pk}/${sk}` } })),
        more: inOrder.length > limit,
      });
    }),
    { numRuns: 120 },
  );
});

test('a page ends with the item that reaches 1 MiB', async () => {
  const { state } = opened;
  // With its key an item has 262,144 bytes: four of them are 1 MiB.
  const text = 'x'.repeat(262_144 - 4 - 'large'.length - 1 - 1);
  for (const sk of ['1', '2', '3', '4', '5'])
    await state.write({ type: 'put', key: { table: 'ads', pk: 'large', sk }, attributes: { a: text } });
  const pageOf = async (): Promise<[number, boolean]> => {
    const { items, more } = await state.query({ table: 'ads', pk: 'large', limit: 10 });
    return [items.length, more];
  };
  expect(await pageOf()).toEqual([4, true]);
  await state.write({
    type: 'put',
    key: { table: 'ads', pk: 'large', sk: '1' },
    attributes: { a: text.slice(1) },
  });
  expect(await pageOf()).toEqual([5, false]);
});

describe('what was read', () => {
  test('can be changed without changing what is read again', async () => {
    const { state } = opened;
    const key: ItemKey = { table: 'ads', pk: 'bytes', sk: '' };
    await state.write({ type: 'put', key, attributes: { data: Uint8Array.of(1, 2) } });
    for (let read = 0; read < 3; read += 1) {
      const item = await state.get(key);
      expect(item).toEqual({ data: Uint8Array.of(1, 2) });
      (item?.['data'] as Uint8Array)[0] = 9;
    }
  });

  test('is what a map holds, whichever way it was written and read', async () => {
    const { state } = opened;
    const keys: ItemKey[] = ['a', 'b', 'c'].flatMap((sk) =>
      (['ads', 'counters'] as const).map((table) => ({ table, pk: 'map', sk })),
    );
    const value = fc.constantFrom<Attributes>(
      {},
      { n: 1n },
      { n: 2n },
      { n: 2n, t: 'x' },
      { b: Uint8Array.of(7) },
    );
    const change = fc.record({ key: fc.nat(keys.length - 1), value: fc.option(value, { nil: undefined }) });
    const step = fc.record({
      way: fc.constantFrom('write', 'writeEach', 'transact', 'transactEach', 'at once'),
      changes: fc.uniqueArray(change, { minLength: 1, maxLength: 4, selector: (each) => each.key }),
      fails: fc.boolean(),
    });
    const held = new Map<number, Attributes>();
    await fc.assert(
      fc.asyncProperty(step, async ({ way, changes, fails }) => {
        const actions = changes.map(({ key, value: attributes }): Exclude<WriteAction, { type: 'check' }> => {
          const at = keys[key] ?? { table: 'ads', pk: 'map', sk: '' };
          return attributes === undefined
            ? { type: 'delete', key: at }
            : { type: 'put', key: at, attributes };
        });
        const impossible = {
          type: 'check',
          key: { table: 'ads', pk: 'none', sk: '' },
          condition: { op: 'item-present' },
        } as const;
        const all = fails ? [...actions, impossible] : actions;
        if (way === 'writeEach') await state.writeEach(actions);
        else if (way === 'transact') await state.transact(all);
        else if (way === 'transactEach') await state.transactEach([all]);
        else if (way === 'at once') await Promise.all(actions.map((action) => state.write(action)));
        else for (const action of actions) await state.write(action);
        if (!fails || !way.startsWith('transact'))
          for (const { key, value: attributes } of changes)
            if (attributes === undefined) held.delete(key);
            else held.set(key, attributes);
        const expected = keys.map((_, index) => held.get(index));
        expect(await state.getMany(keys)).toEqual(expected);
        expect(await Promise.all(keys.map((key) => state.get(key)))).toEqual(expected);
        const { items } = await state.query({ table: 'ads', pk: 'map', limit: 10 });
        expect(items.map(({ attributes }) => attributes)).toEqual(
          expected.filter((item, index) => item !== undefined && keys[index]?.table === 'ads'),
        );
      }),
      { numRuns: 40 },
    );
  });
});
