import { describe, expect, it } from '@jest/globals';
import { jumpHash, laneName } from '../../../../lib/core/counters/hot/lanes.ts';
import { textHash } from '../../../../lib/core/text-hash.ts';
import { referenceHash, referenceJump } from '../../../support/reference-hash.ts';
import { Prng } from '../../../support/prng.ts';

/** Shards of data folders are cut by this hash: another one would read every key from the wrong shard. */
const hashes: readonly (readonly [string, number])[] = [
  ['', 2872998923],
  ['a', 2448022055],
  ['clicks', 3431774905],
  ['ключ', 1398607446],
  ['😀', 2916093958],
  ['x'.repeat(256), 3100885102],
  ['clicks\u000117', 3029636372],
];

/** By key, the buckets of 1, 2, 3, 8 and 32. */
const jumps: readonly (readonly [number, readonly number[]])[] = [
  [0, [0, 0, 0, 0, 0]],
  [1, [0, 0, 0, 6, 17]],
  [42, [0, 1, 2, 2, 22]],
  [3431774905, [0, 0, 0, 0, 22]],
  [4294967295, [0, 0, 2, 5, 5]],
];

describe('hashes that stored data depends on', () => {
  it('are what they were in every release', () => {
    expect(hashes.map(([text]) => [text, textHash(text)])).toEqual(hashes);
    expect(jumps.map(([key]) => [key, [1, 2, 3, 8, 32].map((n) => jumpHash(key, n))])).toEqual(jumps);
  });

  it('are those of their papers, for any text', () => {
    const prng = new Prng(5);
    const wrong: unknown[] = [];
    for (let i = 0; i < 100; i += 1) {
      const units = Array.from({ length: prng.int(0, 12) }, () => prng.int(0, 0xffff));
      const text = String.fromCharCode(...units);
      const hash = referenceHash(text);
      const buckets = prng.int(1, 40);
      const found = [textHash(text), jumpHash(hash, buckets)];
      const expected = [hash, referenceJump(hash, buckets)];
      if (String(found) !== String(expected)) wrong.push({ units, buckets, found, expected });
    }
    expect(wrong).toEqual([]);
  });
});

describe('the lanes of a counter', () => {
  it('have names that never change, each in the middle of the widest gap that is left', () => {
    const slotOf = (partitionKey: string): number => Math.floor(referenceHash(partitionKey) / 2 ** 27);
    const order = [0, 16, 8, 24, 4, 20, 12, 28, 2, 18, 10, 26, 6, 22, 14, 30];
    const both = [...order, ...order.map((slot) => slot + 1)];
    for (const key of ['clicks', 'ключ']) {
      const position = (partitionKey: string): number => textHash(partitionKey) / 2 ** 32;
      const slots = both.map((_, lane) =>
        lane === 0 ? slotOf(key) : slotOf(`${key}\u0001${laneName(key, lane, position)}`),
      );
      expect(slots.map((slot) => (slot - slotOf(key) + 32) % 32)).toEqual(both);
    }
  });

  it('are named by their number and the first try that falls there', () => {
    const asked: string[] = [];
    const name = laneName('k', 5, (partitionKey) => {
      asked.push(partitionKey);
      // Lane 5 belongs 20 slots after the plain key, where the fourth name falls.
      return partitionKey === 'k\u00015.3' ? 22 / 32 : 2 / 32;
    });
    expect(name).toBe('5.3');
    expect(asked).toEqual(['k', 'k\u00015', 'k\u00015.1', 'k\u00015.2', 'k\u00015.3']);
  });

  it('have their plain number where no name falls there, after a bound of tries', () => {
    let tries = 0;
    const name = laneName('k', 3, () => {
      tries += 1;
      return 0;
    });
    expect([name, tries]).toEqual(['3', 451]);
  });
});
