import { describe, expect, it } from '@jest/globals';
import type { ItemKey } from '../../../lib/ports/state-store.ts';
import { createMemoryStateStore } from './memory-state-store.ts';

const eventual = { consistency: 'eventual' } as const;
const key: ItemKey = { table: 'ads', pk: 'p', sk: 'a' };

describe('a memory store whose eventual reads lag', () => {
  async function written() {
    let nowMs = 0;
    const store = createMemoryStateStore({ nowMs: () => nowMs, misses: () => true });
    await store.write({ type: 'put', key, attributes: { version: 1n } });
    nowMs = 2000;
    await store.write({ type: 'put', key, attributes: { version: 2n } });
    await store.write({ type: 'delete', key: { ...key, sk: 'b' } });
    await store.write({ type: 'put', key: { ...key, sk: 'c' }, attributes: { version: 3n } });
    return {
      store,
      later: (byMs: number) => {
        nowMs += byMs;
      },
    };
  }

  it('gives what was there before the last second, whatever reads', async () => {
    const { store } = await written();
    expect(await store.get(key, eventual)).toEqual({ version: 1n });
    expect(await store.getMany([key], eventual)).toEqual([{ version: 1n }]);
    expect(await store.query({ table: 'ads', pk: 'p', limit: 9 }, eventual)).toEqual({
      items: [{ sk: 'a', attributes: { version: 1n } }],
      more: false,
    });
  });

  it('gives the newest to a strong read, and to every read once a second has passed', async () => {
    const { store, later } = await written();
    expect(await store.get(key)).toEqual({ version: 2n });
    later(1001);
    expect(await store.get(key, eventual)).toEqual({ version: 2n });
    expect((await store.query({ table: 'ads', pk: 'p', limit: 9 }, eventual)).items).toHaveLength(2);
  });

  it('may still have an item that was deleted a moment ago, in its place', async () => {
    const { store, later } = await written();
    later(5000);
    await store.write({ type: 'delete', key });
    const range = { table: 'ads', pk: 'p', limit: 9 } as const;
    const sortKeys = async (order: 'ascending' | 'descending') =>
      (await store.query({ ...range, order }, eventual)).items.map(({ sk }) => sk);
    expect(await sortKeys('ascending')).toEqual(['a', 'c']);
    expect(await sortKeys('descending')).toEqual(['c', 'a']);
    expect((await store.query({ ...range, after: 'a' }, eventual)).items).toHaveLength(1);
    expect((await store.query(range)).items).toHaveLength(1);
  });
});
