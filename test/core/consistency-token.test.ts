import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatToken, parseToken } from '../../lib/core/consistency-token.ts';

const position = { epoch: '31', shardId: 'shardId-000000000001', sequenceNumber: '42' };
const issued = { stage: 'prod', position, issuedAtMs: 1_700_000_000_000 };
const ads = { ...issued, type: 'ads' } as const;
const counter = { ...issued, type: 'counter', partitionKey: 'ad 42/clicks.é' } as const;

describe('a consistency token', () => {
  it('can be read in a log', () => {
    expect(formatToken({ ...ads, issuedAtMs: 1_700_000_000_999 })).toBe(
      'a2.prod.31.shardId-000000000001.42.1700000000',
    );
    expect(formatToken(counter)).toBe(
      'c2.prod.31.shardId-000000000001.42.1700000000.ad%2042%2Fclicks.%C3%A9',
    );
  });

  it('comes back as it was', () => {
    expect(parseToken(formatToken(ads))).toStrictEqual(ads);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(999_999_999_999), (key, second) => {
        const token = { ...counter, partitionKey: key, issuedAtMs: second * 1000 };
        expect(parseToken(formatToken(token))).toStrictEqual(token);
      }),
    );
  });

  it('is read in the form that names no stage, which the last release handed out', () => {
    const unnamed = { position, issuedAtMs: issued.issuedAtMs };
    expect(parseToken('a1.31.shardId-000000000001.42.1700000000')).toStrictEqual({ ...unnamed, type: 'ads' });
    expect(parseToken('c1.31.shardId-000000000001.42.1700000000.k.1')).toStrictEqual({
      ...unnamed,
      type: 'counter',
      partitionKey: 'k.1',
    });
  });

  /** Each part at its longest, and one character longer. */
  it.each([
    ['stage', (length: number) => `a2.${'s'.repeat(length)}.3.s.42.1`, 32],
    ['epoch', (length: number) => `a2.dev.${'e'.repeat(length)}.s.42.1`, 16],
    ['shard', (length: number) => `a2.dev.3.${'s'.repeat(length)}.42.1`, 128],
    ['number', (length: number) => `a2.dev.3.s.${'9'.repeat(length)}.1`, 129],
    ['instant', (length: number) => `a2.dev.3.s.42.${'1'.repeat(length)}`, 12],
  ])('has a %s up to its length', (_part, textOf, longest) => {
    expect(parseToken(textOf(1))).toBeDefined();
    expect(parseToken(textOf(longest))).toBeDefined();
    expect(parseToken(textOf(longest + 1))).toBeUndefined();
    expect(parseToken(textOf(0))).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['another kind', 'b1.3.s.42.1'],
    ['another version', 'a3.dev.3.s.42.1'],
    ['no stage', 'a2.3.s.42.1'],
    ['a stage that is none', 'a2.Dev.3.s.42.1'],
    ['a stage in the form without one', 'a1.dev.3.s.42.1'],
    ['something in front', 'xa1.3.s.42.1'],
    ['something behind', 'a1.3.s.42.1 '],
    ['no epoch', 'a1..s.42.1'],
    ['an epoch that is none', 'a1.A.s.42.1'],
    ['a shard that is none', 'a1.3.s|.42.1'],
    ['a number that is none', 'a1.3.s.4x.1'],
    ['a number that is too long', `a1.3.s.${'9'.repeat(130)}.1`],
    ['no instant', 'a1.3.s.42.'],
    ['an instant that is too far', 'a1.3.s.42.1234567890123'],
    ['a key that ads do not have', 'a1.3.s.42.1.key'],
    ['no key of a counter', 'c1.3.s.42.1'],
    ['an empty key of a counter', 'c1.3.s.42.1.'],
    ['a key with a space', 'c1.3.s.42.1.a b'],
    ['a key that is wrongly encoded', 'c1.3.s.42.1.%E3'],
  ])('is not a text with %s', (_what, text) => {
    expect(parseToken(text)).toBeUndefined();
  });
});
