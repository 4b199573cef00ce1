import { describe, expect, test } from '@jest/globals';
import type { Attributes, ItemKey, StateStore } from '../../../lib/ports/state-store.ts';
import { eventually } from '../eventually.ts';
import { unique } from '../unique.ts';
import type { StoreUnderTest } from './opened-store.ts';

const eventual = { consistency: 'eventual' } as const;

const reads: Readonly<Record<string, (store: StateStore, key: ItemKey) => Promise<Attributes | undefined>>> =
  {
    get: (store, key) => store.get(key, eventual),
    'getMany of one': async (store, key) => (await store.getMany([key], eventual))[0],
    'getMany of several': async (store, key) =>
      (await store.getMany([key, { ...key, pk: `${key.pk} too` }], eventual))[0],
    query: async (store, { table, pk }) =>
      (await store.query({ table, pk, limit: 5 }, eventual)).items[0]?.attributes,
  };

export function testConsistency(store: StoreUnderTest): void {
  describe('eventual reads', () => {
    for (const [name, read] of Object.entries(reads)) {
      test(`${name}: finds a state that the item had, and in the end the newest`, async () => {
        const key: ItemKey = { table: 'ads', pk: unique('partition'), sk: 'a' };
        const seen: (bigint | 'none')[] = [];
        const look = async (): Promise<bigint | undefined> => {
          const version = (await read(store(), key))?.['version'] as bigint | undefined;
          seen.push(version ?? 'none');
          return version;
        };
        for (let version = 1n; version <= 5n; version += 1n) {
          await store().write({ type: 'put', key, attributes: { version } });
          await look();
        }
        await eventually('the newest state', async () => ((await look()) === 5n ? true : undefined));
        expect(['none', 1n, 2n, 3n, 4n, 5n]).toEqual(expect.arrayContaining([...new Set(seen)]));
        expect(await store().get(key)).toEqual({ version: 5n });
      });
    }

    test('a strong read beside them always finds the newest', async () => {
      const key: ItemKey = { table: 'ads', pk: unique('partition'), sk: '' };
      for (let version = 1n; version <= 5n; version += 1n) {
        await store().write({ type: 'put', key, attributes: { version } });
        await store().get(key, eventual);
        expect(await store().get(key)).toEqual({ version });
        expect(await store().getMany([key], { consistency: 'strong' })).toEqual([{ version }]);
        expect((await store().query({ ...key, limit: 1 })).items).toEqual([
          { sk: '', attributes: { version } },
        ]);
      }
    });
  });
}
