import { describe, expect, it } from '@jest/globals';
import { forEachConcurrently, mapConcurrently } from '../../lib/core/concurrently.ts';

const items = Array.from({ length: 20 }, (_, i) => i);

describe('work on many items', () => {
  it('runs on each, as many at a time as allowed', async () => {
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await forEachConcurrently(items, 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      done.push(item);
    });
    expect({ most, done: done.sort((a, b) => a - b) }).toEqual({ most: 3, done: items });
  });

  it('begins nothing after a rejection, and throws it once those under way have ended', async () => {
    const begun: number[] = [];
    let ended = 0;
    const all = forEachConcurrently(items, 3, async (item) => {
      begun.push(item);
      await Promise.resolve();
      ended += 1;
      if (item === 1) throw new Error('the second');
    });
    await expect(all).rejects.toThrow('the second');
    expect(begun.length).toBeLessThan(items.length);
    expect(ended).toBe(begun.length);
  });

  it.each([
    [1, [0, 1, 2, 3]],
    [2, [0, 1, 2, 3, 4]],
    [4, [0, 1, 2, 3, 4, 5, 6]],
    [50, items],
  ])(
    'with %d at a time begins none after the item that failed, and throws the first failure',
    async (most, begins) => {
      const begun: number[] = [];
      const all = forEachConcurrently(items, most, async (item) => {
        begun.push(item);
        await Promise.resolve();
        if (item >= 3) throw new Error(`item ${item}`);
      });
      await expect(all).rejects.toThrow('item 3');
      expect(begun).toEqual(begins);
    },
  );

  it('gives each item its result, in the order of the items', async () => {
    const results = await mapConcurrently(items, 4, async (item) => {
      for (let i = item; i < 20; i += 1) await Promise.resolve();
      return item * 10;
    });
    expect(results).toEqual(items.map((item) => item * 10));
    expect(await mapConcurrently([], 4, () => Promise.resolve(1))).toEqual([]);
  });
});
