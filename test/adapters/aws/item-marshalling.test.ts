import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  fromItem,
  fromSortKey,
  toItem,
  toKey,
  toSortKey,
} from '../../../lib/adapters/aws/item-marshalling.ts';

const key = { table: 'ads', pk: 'p', sk: '' } as const;

describe('Items in the words of DynamoDB', () => {
  test('text, integers and bytes come back as they were', () => {
    const attribute = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }),
      fc.uint8Array(),
    );
    const names = fc.string({ minLength: 1 }).filter((name) => !['pk', 'sk', '__proto__'].includes(name));
    fc.assert(
      fc.property(fc.dictionary(names, attribute), (attributes) => {
        expect(fromItem(toItem(key, attributes))).toEqual({ ...attributes });
      }),
    );
  });

  test('an empty sort key is no empty key', () => {
    expect(toKey(key)).toEqual({ pk: { S: 'p' }, sk: { S: '-' } });
  });

  test('sort keys come back, and keep their order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(fromSortKey({ S: toSortKey(a) })).toBe(a);
        const order = (x: string, y: string): number =>
          Math.sign(Buffer.compare(Buffer.from(x), Buffer.from(y)));
        expect(order(toSortKey(a), toSortKey(b))).toBe(order(a, b));
      }),
    );
  });

  test.each([
    ['7', 7n],
    ['-7', -7n],
    ['1E+20', 10n ** 20n],
    ['1.5E+20', 15n * 10n ** 19n],
    ['-1.50e2', -150n],
    ['99999999999999999999999999999999999999', 10n ** 38n - 1n],
  ])('the number %s is %d', (text, value) => {
    expect(fromItem({ n: { N: text } })).toEqual({ n: value });
  });

  test.each(['', '1.5', '1.55E+1', 'NaN', '1E+99', '1E-2'])('the number "%s" is a bug', (text) => {
    expect(() => fromItem({ n: { N: text } })).toThrow(/not an integer/);
  });

  test('an attribute of another type is a bug, and so is a sort key of another maker', () => {
    expect(() => fromItem({ n: { BOOL: true } })).toThrow(/neither a string, a number nor bytes/);
    expect(() => fromSortKey({ S: 'x' })).toThrow(/not a sort key of ours/);
  });
});
