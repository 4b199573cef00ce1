import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatToken, parseToken, type ConsistencyToken } from '../../lib/core/consistency-token.ts';

const position = { epoch: '31', shardId: 'shardId-000000000001', sequenceNumber: '42' };
const ads: ConsistencyToken = { type: 'ads', position, issuedAtMs: 1_700_000_000_000 };
const counter: ConsistencyToken = { ...ads, type: 'counter', partitionKey: 'ad 42/clicks.é' };

describe('a consistency token', () => {
  it('can be read in a log', () => {
    expect(formatToken({ ...ads, issuedAtMs: 1_700_000_000_999 })).toBe(
      'a1.31.shardId-000000000001.42.1700000000',
    );
    expect(formatToken(counter)).toBe('c1.31.shardId-000000000001.42.1700000000.ad%2042%2Fclicks.%C3%A9');
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

  it.each([
    ['nothing', ''],
    ['another kind', 'b1.3.s.42.1'],
    ['another version', 'a2.3.s.42.1'],
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
