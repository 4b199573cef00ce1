import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AssertionError } from '../../lib/core/assert.ts';
import {
  compareSequenceNumbers,
  fromMark,
  isSequenceNumber,
  toMark,
} from '../../lib/core/sequence-number.ts';

const longest = '9'.repeat(129);

describe('a sequence number', () => {
  it.each(['0', '7', '10', '007', '0'.repeat(129), longest])('may be %s', (text) => {
    expect(isSequenceNumber(text)).toBe(true);
  });

  it.each([
    '',
    '-1',
    '+1',
    '1.5',
    '1e3',
    ' 1',
    '1 ',
    '1\n',
    'a1',
    '1a',
    '0a',
    'a0',
    'a01',
    '0x1',
    `${longest}0`,
    `0${longest}`,
  ])('is not %j', (text) => {
    expect(isSequenceNumber(text)).toBe(false);
    expect(() => toMark(text)).toThrow(AssertionError);
  });

  const numbers = fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 60n }), fc.nat(3))
    .map(([number, zeros]) => ({ number, text: '0'.repeat(zeros) + number.toString() }));

  it('compares as a number does, in itself and as a mark, whatever its leading zeros', () => {
    const near = fc.tuple(numbers, fc.bigInt({ min: 0n, max: 9n })).map(([{ number, text }, step]) => ({
      left: { number, text },
      right: { number: number + step, text: (number + step).toString() },
    }));
    const pairs = fc.oneof(near, fc.record({ left: numbers, right: numbers }));
    fc.assert(
      fc.property(pairs, ({ left, right }) => {
        const expected = left.number < right.number ? -1 : left.number > right.number ? 1 : 0;
        expect(Math.sign(compareSequenceNumbers(left.text, right.text))).toBe(expected);
        expect(Math.sign(compareSequenceNumbers(right.text, left.text))).toBe(0 - expected);
        const [a, b] = [toMark(left.text), toMark(right.text)];
        expect(a < b ? -1 : a > b ? 1 : 0).toBe(expected);
      }),
    );
  });

  it('comes back from its mark without leading zeros', () => {
    fc.assert(
      fc.property(numbers, ({ number, text }) => {
        expect(fromMark(toMark(text))).toBe(number.toString());
      }),
    );
    expect([toMark('0'), toMark('000'), toMark('9'), toMark('10')]).toEqual([
      '0010',
      '0010',
      '0019',
      '00210',
    ]);
  });

  it.each(['', '000', '001', '0029', '001a', '00199', '00209'])(
    'does not come back from %j, which is no mark',
    (text) => {
      expect(() => fromMark(text)).toThrow(AssertionError);
    },
  );
});
