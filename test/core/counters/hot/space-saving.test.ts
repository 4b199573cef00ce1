import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeSketch, encodeSketch } from '../../../../lib/core/counters/hot/sketch-codec.ts';
import {
  mergeSketches,
  SpaceSaving,
  type ClosedSketch,
} from '../../../../lib/core/counters/hot/space-saving.ts';
import { Prng } from '../../../support/prng.ts';
import { runs } from '../../runs.ts';

type Add = readonly [key: string, amount: bigint];

function sketchOf(capacity: number, adds: readonly Add[]): SpaceSaving {
  const sketch = new SpaceSaving(capacity);
  for (const [key, amount] of adds) sketch.add(key, amount);
  return sketch;
}

function closed(sketch: SpaceSaving): ClosedSketch {
  return { keys: sketch.top(), unwatchedMax: sketch.unwatchedMax };
}

function truth(adds: readonly Add[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const [key, amount] of adds) sums.set(key, (sums.get(key) ?? 0n) + amount);
  return sums;
}

/** The two promises of a sketch: bounds of what it shows, and a bound of what it does not. */
function expectBounds({ keys, unwatchedMax }: ClosedSketch, sums: ReadonlyMap<string, bigint>): void {
  const shown = new Set(keys.map(({ key }) => key));
  expect(shown.size).toBe(keys.length);
  for (const { key, value, errorMax } of keys) {
    const sum = sums.get(key) ?? 0n;
    expect(sum <= value && sum >= value - errorMax).toBe(true);
  }
  for (const [key, sum] of sums) if (!shown.has(key)) expect(sum <= unwatchedMax).toBe(true);
}

const add = fc.tuple(fc.integer({ min: 0, max: 9 }).map(String), fc.bigInt({ min: 1n, max: 2n ** 60n }));
const adds = fc.array(add, { maxLength: 100 });

describe('a Space-Saving sketch', () => {
  it('is exact while it can watch every key', () => {
    const sketch = sketchOf(3, [
      ['a', 5n],
      ['b', 7n],
      ['a', 3n],
      ['c', 1n],
    ]);
    expect(sketch.top(2)).toStrictEqual([
      { key: 'a', value: 8n, errorMax: 0n },
      { key: 'b', value: 7n, errorMax: 0n },
    ]);
  });

  it('gives a new key the place, and the value as error, of the least', () => {
    const sketch = sketchOf(2, [
      ['a', 5n],
      ['b', 2n],
      ['c', 1n],
    ]);
    expect(sketch.top()).toStrictEqual([
      { key: 'a', value: 5n, errorMax: 0n },
      { key: 'c', value: 3n, errorMax: 2n },
    ]);
    expect(sketch.unwatchedMax).toBe(3n);
  });

  it('orders equal values by key, whatever came first, in one sketch and in merged ones', () => {
    const keys = ['d', 'a', 'c', 'b'];
    const sketch = sketchOf(
      4,
      keys.map((key) => [key, 5n]),
    );
    const names = ({ keys: top }: ClosedSketch): readonly string[] => top.map(({ key }) => key);
    expect(names(closed(sketch))).toEqual(['a', 'b', 'c', 'd']);
    const parts = keys.map((key) => closed(sketchOf(4, [[key, 5n]])));
    expect(names(mergeSketches(parts, 4))).toEqual(['a', 'b', 'c', 'd']);
    expect(names(mergeSketches(parts, 2))).toEqual(['a', 'b']);
    expect(mergeSketches(parts, 2).unwatchedMax).toBe(5n);
  });

  it('keeps its bounds, its size, and every key above the average of what it may watch', () => {
    fc.assert(
      fc.property(adds, fc.integer({ min: 1, max: 8 }), (list, capacity) => {
        const sketch = sketchOf(capacity, list);
        const sums = truth(list);
        expectBounds(closed(sketch), sums);
        expect(sketch.size).toBe(Math.min(capacity, sums.size));
        const all = list.reduce((sum, [, amount]) => sum + amount, 0n);
        const watched = new Set(sketch.top().map(({ key }) => key));
        for (const [key, sum] of sums) {
          if (sum * BigInt(capacity) > all) expect(watched.has(key)).toBe(true);
        }
        const values = sketch.top().map(({ value }) => value);
        expect(values).toStrictEqual([...values].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
      }),
      runs(500),
    );
  });

  it('keeps its bounds when sketches of parts are merged, in any grouping, and written down between', () => {
    fc.assert(
      fc.property(
        fc.array(adds, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 8 }),
        (parts, capacity) => {
          const sums = truth(parts.flat());
          const sketches = parts.map((part) => decodeSketch(encodeSketch(closed(sketchOf(capacity, part)))));
          expectBounds(mergeSketches(sketches, capacity), sums);
          const half = mergeSketches(sketches.slice(0, 2), capacity);
          expectBounds(mergeSketches([half, ...sketches.slice(2)], capacity), sums);
        },
      ),
      runs(300),
    );
  });

  it('written down stays below the limit of an item, with bounds that are still true', () => {
    const list = Array.from({ length: 1000 }, (_, i): Add => [`${i}`.padStart(500, 'x'), BigInt(1000 + i)]);
    const text = encodeSketch(closed(sketchOf(1000, list)));
    expect(text.length).toBeLessThan(260_000);
    expect(decodeSketch(text).keys.length).toBeGreaterThan(400);
    expectBounds(decodeSketch(text), truth(list));
  });

  it('finds the 20 greatest keys of a Zipf load, with true bounds, in the memory it has', () => {
    const prng = new Prng(7);
    const keys = 50_000;
    const upTo: number[] = [];
    for (let rank = 0; rank < keys; rank += 1) upTo.push((upTo[rank - 1] ?? 0) + 1 / (rank + 1));
    const drawn = Array.from({ length: 300_000 }, (): Add => {
      const wanted = (prng.uint32() / 2 ** 32) * (upTo[keys - 1] ?? 0);
      let [low, high] = [0, keys - 1];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((upTo[middle] ?? 0) > wanted) high = middle;
        else low = middle + 1;
      }
      return [`key-${low}`, 1n];
    });
    const sketch = sketchOf(1000, drawn);
    const sums = truth(drawn);
    const greatest = [...sums].sort((a, b) => (b[1] > a[1] ? 1 : -1)).slice(0, 20);
    expect(sketch.size).toBe(1000);
    expect(
      sketch
        .top(20)
        .map(({ key }) => key)
        .sort(),
    ).toStrictEqual(greatest.map(([key]) => key).sort());
    expectBounds(closed(sketch), sums);
  });
});
