import { describe, expect, it } from '@jest/globals';
import { readRange } from '../../lib/app/read-range.ts';
import type { QueryRange } from '../../lib/ports/state-store.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';

const partition = { table: 'counters', pk: 'p' } as const;
const sortKeys = Array.from({ length: 25 }, (_, i) => String(i).padStart(2, '0'));

/** A store that ends its pages early, as one may; the number of items that it was asked for. */
async function pagedStore(pageItems: number) {
  const memory = createMemoryStateStore();
  for (const sk of sortKeys) {
    const attributes = { n: BigInt(sk) };
    await memory.write({ type: 'put', key: { ...partition, sk }, attributes });
  }
  const limits: number[] = [];
  const query = (range: QueryRange) => {
    limits.push(range.limit);
    return memory.query({ ...range, limit: pageItems });
  };
  return { query, limits };
}

async function read(pageItems: number, range: Partial<QueryRange> = {}) {
  const { query, limits } = await pagedStore(pageItems);
  const found: string[] = [];
  for await (const { sk } of readRange({ query }, { ...partition, ...range })) found.push(sk);
  return { found, limits };
}

describe('a range of items', () => {
  it.each([1, 2, 3, 24, 25, 26])('is read whole and in order from pages of %d', async (pageItems) => {
    const { found, limits } = await read(pageItems);
    expect(found).toEqual(sortKeys);
    expect(new Set(limits)).toEqual(new Set([1000]));
    expect(limits).toHaveLength(Math.ceil(25 / pageItems));
  });

  it('lies after its lower bound and through its upper one, however it is paged', async () => {
    for (const pageItems of [1, 4, 100]) {
      expect((await read(pageItems, { after: '03', through: '09' })).found).toEqual(sortKeys.slice(4, 10));
      expect((await read(pageItems, { through: '00' })).found).toEqual(['00']);
      expect((await read(pageItems, { after: '24' })).found).toEqual([]);
      expect((await read(pageItems, { after: '23', through: '99' })).found).toEqual(['24']);
    }
  });

  it('asks for no page that nobody reads', async () => {
    const { query, limits } = await pagedStore(5);
    for await (const { sk } of readRange({ query }, partition)) if (sk === '06') break;
    expect(limits).toHaveLength(2);
  });
});
