import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { restoreTable } from '../../../lib/app/restore/restore-table.ts';
import { StateStoreError, type Attributes, type StateStore } from '../../../lib/ports/state-store.ts';
import type { WholeTable } from '../../../lib/ports/whole-table.ts';

type Content = Readonly<Record<string, Attributes>>;

const pageItems = 130;

/** A table in memory whose items have the partition keys of `keys`, if they are there. */
async function tableOf(
  content: Content,
  keys: readonly string[],
): Promise<WholeTable & { store: StateStore }> {
  const store = createMemoryStateStore();
  for (const [pk, attributes] of Object.entries(content)) {
    await store.write({ type: 'put', key: { table: 'counters', pk, sk: '' }, attributes });
  }
  return {
    store,
    async *pages() {
      for (let from = 0; from < keys.length; from += pageItems) {
        const page = keys
          .slice(from, from + pageItems)
          .map((pk) => ({ table: 'counters', pk, sk: '' }) as const);
        const found = await Promise.all(page.map((key) => store.get(key)));
        yield page.flatMap((key, i) => (found[i] === undefined ? [] : [{ key, attributes: found[i] }]));
      }
    },
  };
}

const attributes = fc.record({
  total: fc.bigInt({ min: 0n, max: 3n }),
  marks: fc.option(fc.uint8Array({ minLength: 1, maxLength: 2 }), { nil: undefined }),
});
const content = fc
  .dictionary(fc.stringMatching(/^[a-f]{1,2}$/), attributes, { maxKeys: 60 })
  .map((items): Content =>
    Object.fromEntries(
      Object.entries(items).map(([pk, { total, marks }]) => [pk, { total, ...(marks && { marks }) }]),
    ),
  );

it('tells what differs, makes it the same and finds nothing then', async () => {
  await fc.assert(
    fc.asyncProperty(content, content, async (was, is) => {
      const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
      const tables = { live: await tableOf(is, keys), restored: await tableOf(was, keys) };
      const textOf = (items: Content, pk: string): string =>
        [items[pk]?.['total'], items[pk]?.['marks']].map(String).join();
      const expected = {
        items: Object.keys(was).length,
        missing: keys.filter((pk) => pk in was && !(pk in is)).length,
        differing: keys.filter((pk) => pk in was && pk in is && textOf(was, pk) !== textOf(is, pk)).length,
        surplus: keys.filter((pk) => !(pk in was) && pk in is).length,
      };
      expect(await restoreTable(tables, { apply: false })).toEqual(expected);
      expect(await restoreTable(tables, { apply: true })).toEqual(expected);
      const none = { items: expected.items, missing: 0, differing: 0, surplus: 0 };
      expect(await restoreTable(tables, { apply: false })).toEqual(none);
      for (const pk of keys) {
        expect(await tables.live.store.get({ table: 'counters', pk, sk: '' })).toEqual(was[pk]);
      }
    }),
  );
});

it('reads pages larger than what one read may ask for', async () => {
  const was = Object.fromEntries(Array.from({ length: 333 }, (_, i) => [`key-${i}`, { total: BigInt(i) }]));
  const tables = {
    live: await tableOf({}, Object.keys(was)),
    restored: await tableOf(was, Object.keys(was)),
  };
  expect(await restoreTable(tables, { apply: true })).toMatchObject({ items: 333, missing: 333 });
  expect(await restoreTable(tables, { apply: false })).toMatchObject({ items: 333, missing: 0 });
});

it('says so when a write fails', async () => {
  const was = { key: { total: 1n } };
  const live = await tableOf({}, ['key']);
  const failure = new StateStoreError('state-throttled', 'too much');
  const failing = {
    ...live,
    store: { getMany: live.store.getMany.bind(live.store), writeEach: () => Promise.resolve([failure]) },
  };
  const tables = { live: failing, restored: await tableOf(was, ['key']) };
  await expect(restoreTable(tables, { apply: true })).rejects.toBe(failure);
});
