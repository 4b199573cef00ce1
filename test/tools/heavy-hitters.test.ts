import { describe, expect, it } from '@jest/globals';
import { countMinHeap } from '../bench/baselines/count-min-heap.ts';
import {
  lossyCounting,
  spaceSaving,
  stickySampling,
  type HeavyHitters,
} from '../bench/baselines/heavy-hitters.ts';
import { misraGries } from '../bench/baselines/misra-gries.ts';
import { Prng } from '../support/prng.ts';

/** Each method is held to what its paper promises, against exact counts. */

const items = 20_000;
const capacity = 50;
const epsilon = 1 / capacity;

type Load = (prng: Prng) => readonly string[];

const loads: Readonly<Record<string, Load>> = {
  'a steep load': (prng) => draw(() => `k${Math.floor(1 / (1 - 0.999 * prng.float()))}`),
  'an even load over few keys': (prng) => draw(() => `k${prng.int(0, 39)}`),
  'an even load over many keys': (prng) => draw(() => `k${prng.int(0, 9999)}`),
  'keys that each come once': () => Array.from({ length: items }, (_, i) => `k${i}`),
  'a hot key that comes at the end': (prng) => [
    ...draw(() => `k${prng.int(0, 9999)}`).slice(2000),
    ...Array.from({ length: 2000 }, () => 'hot'),
  ],
  'a hot key that came at the beginning': (prng) => [
    ...Array.from({ length: 2000 }, () => 'hot'),
    ...draw(() => `k${prng.int(0, 9999)}`).slice(2000),
  ],
};

function draw(one: () => string): readonly string[] {
  return Array.from({ length: items }, one);
}

interface Method {
  readonly open: () => HeavyHitters;
  /** Every key that came more often than this is found. */
  readonly foundAbove: number;
  /** An estimate is too high by this at most; undefined: the method promises none. */
  readonly tooHighMax: number | undefined;
  readonly heldMax: number;
}

const methods: Readonly<Record<string, Method>> = {
  'Space-Saving': {
    open: () => spaceSaving(capacity),
    foundAbove: items / capacity,
    tooHighMax: items / capacity,
    heldMax: capacity,
  },
  'Misra-Gries': {
    open: () => misraGries(capacity),
    foundAbove: items / (capacity + 1),
    tooHighMax: items / (capacity + 1),
    heldMax: capacity,
  },
  'lossy counting': {
    open: () => lossyCounting(epsilon),
    foundAbove: epsilon * items,
    tooHighMax: epsilon * items,
    // 1/epsilon log(epsilon n), the paper's bound.
    heldMax: capacity * Math.log(epsilon * items) + capacity,
  },
  'count-min and heap': {
    open: () => countMinHeap({ width: 4096, depth: 4, capacity }),
    foundAbove: items / capacity,
    // e n / width with a probability of 1 - e^-depth for one estimate.
    tooHighMax: undefined,
    heldMax: capacity,
  },
};

function counted(stream: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of stream) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

describe.each(Object.entries(methods))('%s', (_, { open, foundAbove, tooHighMax, heldMax }) => {
  it.each(Object.entries(loads))('keeps its promises on %s', (__, load) => {
    for (const seed of [1, 2, 3]) {
      const stream = load(new Prng(seed));
      expect(stream).toHaveLength(items);
      const exact = counted(stream);
      const method = open();
      for (const key of stream) method.add(key);
      const shown = method.top(Infinity);

      const tooLow = shown.filter(({ key, value }) => value < (exact.get(key) ?? 0));
      const outside = shown.filter(
        ({ key, value, errorMax = value }) => value - errorMax > (exact.get(key) ?? 0),
      );
      expect({ seed, tooLow, outside }).toEqual({ seed, tooLow: [], outside: [] });

      const found = new Set(shown.map(({ key }) => key));
      const missed = [...exact].filter(([key, count]) => count > foundAbove && !found.has(key));
      expect({ seed, missed }).toEqual({ seed, missed: [] });

      const tooHigh = shown.filter(
        ({ key, value }) => value - (exact.get(key) ?? 0) > (tooHighMax ?? Infinity),
      );
      expect({ seed, tooHigh }).toEqual({ seed, tooHigh: [] });

      expect(method.heldMax).toBeLessThanOrEqual(heldMax);
      expect(shown.map(({ value }) => value)).toEqual(
        shown.map(({ value }) => value).toSorted((a, b) => b - a),
      );
    }
  });
});

describe('the heap of a count-min sketch', () => {
  it('is within e n / width for nearly every key', () => {
    const stream = loads['a steep load']?.(new Prng(1)) ?? [];
    const exact = counted(stream);
    const method = countMinHeap({ width: 4096, depth: 4, capacity });
    for (const key of stream) method.add(key);
    const wide = method
      .top(capacity)
      .filter(({ key, value }) => value - (exact.get(key) ?? 0) > (Math.E * items) / 4096);
    expect(wide.length).toBeLessThanOrEqual(2);
  });
});

describe('count-min and heap', () => {
  it('holds the keys that came most, whatever the order in which they grew', () => {
    const prng = new Prng(1);
    // Key n comes 3n times: cells do not collide by chance in all four rows.
    const left = Array.from({ length: 200 }, (_, n) => Array.from({ length: 3 * n }, () => `k${n}`)).flat();
    const method = countMinHeap({ width: 4096, depth: 4, capacity });
    while (left.length > 0) {
      const at = prng.int(0, left.length - 1);
      method.add(left[at] ?? '');
      left[at] = left.at(-1) ?? '';
      left.pop();
    }
    const greatest = Array.from({ length: capacity }, (_, i) => ({
      key: `k${199 - i}`,
      value: 3 * (199 - i),
    }));
    expect(method.top(capacity).map(({ key, value }) => ({ key, value }))).toEqual(greatest);
  });
});

describe('sticky sampling', () => {
  it('never counts too many, and finds the keys above its support', () => {
    let missed = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      const stream = loads['a steep load']?.(new Prng(seed)) ?? [];
      const exact = counted(stream);
      const method = stickySampling({ support: 0.05, epsilon: 0.01, delta: 0.01 }, new Prng(seed));
      for (const key of stream) method.add(key);
      const shown = new Map(method.top(Infinity).map(({ key, value }) => [key, value]));
      expect([...shown].filter(([key, value]) => value > (exact.get(key) ?? 0))).toEqual([]);
      missed += [...exact].filter(
        ([key, count]) => count > 0.05 * items && (shown.get(key) ?? 0) < (0.05 - 0.01) * items,
      ).length;
    }
    // Each may miss with a probability of 1 %.
    expect(missed).toBeLessThanOrEqual(2);
  });
});
