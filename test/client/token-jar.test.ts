import { describe, expect, it } from '@jest/globals';
import { TokenJar } from '../../client/token-jar.ts';
import { formatToken, tokensPerRequestMax } from '../../lib/core/consistency-token.ts';

const token = (sequenceNumber: string, partitionKey?: string, shardId = 'shard-0'): string => {
  const position = { epoch: 'e1', shardId, sequenceNumber };
  return partitionKey === undefined
    ? formatToken({ type: 'ads', stage: 'dev', position, issuedAtMs: 5000 })
    : formatToken({ type: 'counter', stage: 'dev', position, issuedAtMs: 5000, partitionKey });
};

describe('the jar of tokens', () => {
  it('keeps the furthest token of a place, whatever the order in which they come', () => {
    const jar = new TokenJar(10);
    for (const number of ['9', '100', '20']) jar.remember('ads', token(number));
    expect(jar.present(['ads'])).toBe(token('100'));
  });

  it('keeps one for each partition key and shard', () => {
    const jar = new TokenJar(10);
    jar.remember('k', `${token('5', 'k.1')}, ${token('4', 'k.2')}`);
    jar.remember('k', token('6', 'k.1'));
    jar.remember('k', token('1', 'k.1', 'shard-1'));
    expect(jar.present(['k'])?.split(', ').sort()).toEqual(
      [token('1', 'k.1', 'shard-1'), token('4', 'k.2'), token('6', 'k.1')].sort(),
    );
  });

  it('presents the tokens of what is read, and nothing for what was never written', () => {
    const jar = new TokenJar(10);
    jar.remember('a', token('1', 'a'));
    jar.remember('b', token('2', 'b'));
    expect(jar.present(['b', 'c'])).toBe(token('2', 'b'));
    expect(jar.present(['c'])).toBeUndefined();
  });

  it('takes all that another jar has, which is then empty', () => {
    const [jar, other] = [new TokenJar(10), new TokenJar(10)];
    jar.remember('a', token('5', 'a'));
    other.remember('a', token('4', 'a'));
    other.remember('b', `${token('7', 'b.1')}, ${token('8', 'b.2')}`);
    jar.take(other);
    expect(jar.present(['a'])).toBe(token('5', 'a'));
    expect(jar.present(['b'])?.split(', ').sort()).toEqual([token('7', 'b.1'), token('8', 'b.2')]);
    expect(other.present(['a', 'b'])).toBeUndefined();
  });

  it('forgets what was not written for longest when there are too many counters', () => {
    const jar = new TokenJar(2);
    for (const key of ['a', 'b', 'a', 'c']) jar.remember(key, token('1', key));
    expect([jar.present(['a']), jar.present(['b']), jar.present(['c'])]).toEqual([
      token('1', 'a'),
      undefined,
      token('1', 'c'),
    ]);
  });

  it('presents the newest, as many as a request may have and a header holds', () => {
    const jar = new TokenJar(100);
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    for (const key of keys) jar.remember(key, token('1', key));
    const presented = jar.present(keys)?.split(', ') ?? [];
    expect(presented).toHaveLength(tokensPerRequestMax);
    expect(presented[0]).toBe(token('1', 'k29'));
    const long = Array.from({ length: 20 }, (_, index) => `${index}-${'x'.repeat(240)}`);
    for (const key of long) jar.remember(key, token('1', key));
    const text = jar.present(long) ?? '';
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(text.split(', ').length).toBeGreaterThan(10);
  });

  it('fills a header to its last character and no further', () => {
    const fill = (...lengths: readonly number[]): number[] => {
      const jar = new TokenJar(10);
      for (const length of lengths) jar.remember('k', String(length % 10).repeat(length));
      return (jar.present(['k']) ?? '').split(', ').map(({ length }) => length);
    };
    expect(fill(4096)).toEqual([4096]);
    expect(fill(4097)).toEqual([0]);
    expect(fill(2094, 2000)).toEqual([2000, 2094]);
    expect(fill(2095, 2000)).toEqual([2000]);
  });

  it('takes a token that is further by one digit, and none that is equal or before', () => {
    for (const [first, second, kept] of [
      ['9', '10', '10'],
      ['10', '9', '10'],
      ['100', '101', '101'],
      ['101', '100', '101'],
    ] as const) {
      const jar = new TokenJar(1);
      jar.remember('ads', token(first));
      jar.remember('ads', token(second));
      expect(jar.present(['ads'])).toBe(token(kept));
    }
  });

  it('keeps at most 32 places of one counter', () => {
    const jar = new TokenJar(10);
    for (let lane = 0; lane < 40; lane++) jar.remember('k', token('1', `k.${lane}`));
    jar.remember('k', token('2', 'k.0'));
    expect(jar.present(['k'])?.split(', ')[0]).toBe(token('2', 'k.0'));
  });

  it('keeps the furthest of the tokens that name no stage, which older servers hand out', () => {
    const jar = new TokenJar(10);
    jar.remember('ads', 'a1.e.s.9.1, , a1.e.s.10.1');
    jar.remember('ads', 'a1.e.s.8.1');
    expect(jar.present(['ads'])).toBe('a1.e.s.10.1');
    jar.remember('k', 'c1.e.s.9.1.k.1,c1.e.s.10.1.k.2');
    expect(jar.present(['k'])).toBe('c1.e.s.10.1.k.2, c1.e.s.9.1.k.1');
  });

  it('keeps a token of a form it does not know as it is', () => {
    const jar = new TokenJar(10);
    jar.remember('ads', 'z9:opaque');
    jar.remember('ads', 'z9:other');
    expect(jar.present(['ads'])).toBe('z9:other, z9:opaque');
  });
});
