import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CountMin } from '../../../../lib/core/counters/hot/count-min.ts';
import { jumpHash, laneName, lanesMax } from '../../../../lib/core/counters/hot/lanes.ts';
import { parsePartitionKey, toPartitionKey } from '../../../../lib/core/counters/counter-key.ts';
import { textHash } from '../../../../lib/core/text-hash.ts';
import { runs } from '../../runs.ts';

const hashPosition = (text: string): number => textHash(text) / 2 ** 32;

describe('jump hash', () => {
  it('moves a key only into a bucket that was added', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.integer({ min: 1, max: 64 }), (key, buckets) => {
        const before = jumpHash(key, buckets);
        expect(before).toBeLessThan(buckets);
        expect([before, buckets]).toContain(jumpHash(key, buckets + 1));
      }),
      runs(1000),
    );
  });

  it('shares keys out evenly', () => {
    const found = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i += 1) {
      const bucket = jumpHash(textHash(`key-${i}`), 10);
      found[bucket] = (found[bucket] ?? 0) + 1;
    }
    for (const count of found) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('a count-min sketch', () => {
  it('never estimates too low, and exactly what it alone was given', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), (texts) => {
        const sketch = new CountMin(16, 4);
        const counts = new Map<string, number>();
        for (const text of texts) {
          const count = (counts.get(text) ?? 0) + 1;
          counts.set(text, count);
          expect(sketch.add(text)).toBeGreaterThanOrEqual(count);
        }
        for (const [text, count] of counts) expect(sketch.estimate(text)).toBeGreaterThanOrEqual(count);
        sketch.clear();
        for (const text of counts.keys()) expect(sketch.estimate(text)).toBe(0);
      }),
      runs(300),
    );
  });

  it('is near the truth for many keys in little room', () => {
    const sketch = new CountMin(2048, 4);
    for (let i = 0; i < 5000; i += 1) sketch.add(`key-${i % 2500}`);
    for (let i = 0; i < 1000; i += 1) sketch.add('hot');
    expect(sketch.estimate('hot')).toBeGreaterThanOrEqual(1000);
    // e / width of all that was added.
    expect(sketch.estimate('hot')).toBeLessThan(1000 + (Math.E / 2048) * 6000 + 1);
  });
});

describe('the lanes of a counter', () => {
  it('share the hash space out evenly, whatever their number', () => {
    for (const key of ['a', 'ad-42/clicks', 'x'.repeat(246)]) {
      for (const lanes of [2, 4, 8, 16, 32]) {
        const slots = Array.from({ length: lanes }, (_, lane) => {
          const name = lane === 0 ? '' : laneName(key, lane, hashPosition);
          return Math.floor(hashPosition(toPartitionKey(key, name)) * lanesMax);
        }).sort((a, b) => a - b);
        const gaps = slots.map((slot, i) => (slots[i + 1] ?? (slots[0] ?? 0) + lanesMax) - slot);
        expect(gaps).toStrictEqual(gaps.map(() => lanesMax / lanes));
      }
    }
  });

  it('have names that a partition key can hold, each another one, always the same', () => {
    const key = '\u{1F600}'.repeat(120);
    const names = Array.from({ length: lanesMax - 1 }, (_, i) => laneName(key, i + 1, hashPosition));
    expect(new Set(names).size).toBe(lanesMax - 1);
    for (const [i, name] of names.entries()) {
      expect(parsePartitionKey(toPartitionKey(key, name))).toStrictEqual({ counterKey: key, lane: name });
      expect(laneName(key, i + 1, hashPosition)).toBe(name);
    }
  });
});
