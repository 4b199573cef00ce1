import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { itemBytes } from '../../lib/adapters/items/item-size.ts';
import { itemKeyText } from '../../lib/adapters/items/item-limits.ts';
import { compareUtf8 } from '../../lib/adapters/items/utf8.ts';
import { hashBoundary, hashSpace, partitionHash } from '../../lib/adapters/records/partition-hash.ts';

/** Any text that has UTF-8. */
const text = fc.string({ unit: 'binary', maxLength: 20 });

describe('items', () => {
  test('texts compare as their UTF-8 bytes do', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const byBytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareUtf8(a, b))).toBe(byBytes);
      }),
    );
    expect(compareUtf8('\u{10000}', '\uFFFF')).toBeGreaterThan(0);
    expect(compareUtf8('\uD7FF', '\u{10000}')).toBeLessThan(0);
  });

  test('key texts are equal for equal keys alone', () => {
    const key = fc.record({ table: fc.constantFrom('ads', 'counters'), pk: text, sk: text });
    fc.assert(
      fc.property(key, key, (a, b) => {
        const equal = a.table === b.table && a.pk === b.pk && a.sk === b.sk;
        expect(itemKeyText(a) === itemKeyText(b)).toBe(equal);
      }),
    );
    const ambiguous = [
      { table: 'ads', pk: 'a/b', sk: 'c' },
      { table: 'ads', pk: 'a', sk: 'b/c' },
    ] as const;
    expect(new Set(ambiguous.map(itemKeyText)).size).toBe(2);
  });

  test.each([
    ['an empty item', {}, 0],
    ['text by its UTF-8', { é: '😀' }, 2 + 4],
    ['bytes', { b: new Uint8Array(9) }, 1 + 9],
    ['a number by pairs of digits', { n: 12345n }, 1 + 4],
    ['a negative number with its sign', { n: -12345n }, 1 + 5],
    ['zero', { n: 0n }, 1 + 2],
  ])('counts %s', (_, attributes, bytes) => {
    const key = { table: 'ads', pk: 'pé', sk: 's' } as const;
    expect(itemBytes(key, attributes)).toBe(4 + 3 + 1 + bytes);
  });
});

describe('the hash of partition keys', () => {
  test('never changes: stored records stand where it once put them', () => {
    expect(['', 'a', 'b', 'counter-42', 'é', '😀'].map(partitionHash)).toMatchInlineSnapshot(`
     [
       2872998923,
       2448022055,
       135196497,
       3821541691,
       2705881783,
       2916093958,
     ]
    `);
  });

  test('spreads similar keys evenly', () => {
    const shards = 8;
    const counts = new Array<number>(shards).fill(0);
    for (let i = 0; i < 80_000; i += 1) {
      const shard = Math.floor((partitionHash(`counter-${i}`) / hashSpace) * shards);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(9_500);
    expect(Math.max(...counts)).toBeLessThan(10_500);
  });

  test('parts of the space join without a gap', () => {
    expect(hashBoundary(0, 7)).toBe(0);
    expect(hashBoundary(7, 7)).toBe(hashSpace);
    const hash = fc.integer({ min: 0, max: hashSpace - 1 });
    fc.assert(
      fc.property(hash, fc.integer({ min: 1, max: 50 }), (at, count) => {
        const owners = Array.from({ length: count }, (_, i) => i).filter(
          (i) => at >= hashBoundary(i, count) && at < hashBoundary(i + 1, count),
        );
        expect(owners).toHaveLength(1);
      }),
    );
  });
});
