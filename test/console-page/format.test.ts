import { describe, expect, it } from '@jest/globals';
import { bytes, count, duration, exact, orUnknown, plural, rate, since } from '../../console/page/format.ts';
import { visible } from '../../console/page/visible.ts';

/** What the console writes for a number, at each bound where it writes another way. */

describe('the console writes', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [999_999, '999,999'],
    [1_000_000, '1M'],
    [12_345_678, '12.3M'],
    [-1, '-1'],
    [-1_000_000, '-1M'],
  ])('the count %d as %s', (value, text) => {
    expect(count(value)).toBe(text);
  });

  it.each([
    [0, '0'],
    [0.04, '0'],
    [0.4, '0.4'],
    [9.94, '9.9'],
    [9.99, '10'],
    [10, '10'],
    [10.5, '11'],
    [-0.4, '-0.4'],
    [8214.2, '8,214'],
  ])('the rate %d as %s', (value, text) => {
    expect(rate(value)).toBe(text);
  });

  it.each<[number | null, string]>([
    [null, '–'],
    [0, '0 ms'],
    [0.44, '0.4 ms'],
    [9.94, '9.9 ms'],
    [10, '10 ms'],
    [10.6, '11 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [1250, '1.3 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_140_000, '119 min'],
    [7_200_000, '2 h'],
    [169_200_000, '47 h'],
    [172_800_000, '2 d'],
    [864_000_000, '10 d'],
  ])('the duration %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each<[number | null, string]>([
    [null, '–'],
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 KB'],
    [1500, '1.5 KB'],
    [99_900, '99.9 KB'],
    [100_400, '100 KB'],
    [999_999, '1,000 KB'],
    [1_000_000, '1 MB'],
    [2_500_000_000, '2.5 GB'],
    [1e12, '1 TB'],
    [1e15, '1,000 TB'],
  ])('%d bytes as %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  it.each<[number | bigint, string]>([
    [9_007_199_254_740_991, '9,007,199,254,740,991'],
    [9_007_199_254_740_993n, '9,007,199,254,740,993'],
    [12_345_678_901_234_567_890n, '12,345,678,901,234,567,890'],
  ])('the total %s with every digit', (value, text) => {
    expect(exact(value)).toBe(text);
  });

  it('one of a thing, several of it, and what nobody knows', () => {
    expect([0, 1, 2, 1000].map((number) => plural(number, 'shard'))).toEqual([
      ...['0 shards', '1 shard', '2 shards', '1,000 shards'],
    ]);
    expect(plural(2, 'refresh', 'refreshes')).toBe('2 refreshes');
    expect([orUnknown(null), orUnknown(0), orUnknown(1200), orUnknown(2, rate)]).toEqual([
      '–',
      '0',
      '1,200',
      '2',
    ]);
    expect([since('process'), since('cloudwatch')]).toEqual(['since start', 'in 24 h']);
  });

  it.each([
    ['ad-42/views', 'ad-42/views'],
    ['a b', 'a b'],
    [' a', '‹U+0020›a'],
    ['a ', 'a‹U+0020›'],
    ['a  b', 'a‹U+0020› b'],
    ['a\tb', 'a‹U+0009›b'],
    ['a\u00a0b', 'a‹U+00A0›b'],
    ['a\u3000b', 'a‹U+3000›b'],
    ['a\u202eb', 'a‹U+202E›b'],
    ['a\u200db', 'a‹U+200D›b'],
    ['a\u2800b', 'a‹U+2800›b'],
    ['a\u2028b', 'a‹U+2028›b'],
    ['a‹U+202E›b', 'a‹U+2039›U+202E›b'],
    ['\u{e0001}', '‹U+E0001›'],
    ['日本 𝒜é', '日本 𝒜é'],
    ['', ''],
  ])('the key %j as %s', (key, text) => {
    expect(visible(key)).toBe(text);
  });
});
