import { SpaceSaving } from '../../../lib/core/counters/hot/space-saving.ts';
import type { Prng } from '../../support/prng.ts';

/** Finds the most frequent keys, one item at a time. */
export interface HeavyHitters {
  add(key: string): void;
  /** Estimates, greatest first. */
  top(count: number): readonly Estimate[];
  /** Keys held at once, at most so far. */
  readonly heldMax: number;
}

export interface Estimate {
  readonly key: string;
  readonly value: number;
  /** `value - errorMax <= truth <= value`; undefined: the method has no bound that is certain. */
  readonly errorMax: number | undefined;
}

export function spaceSaving(capacity: number): HeavyHitters {
  const sketch = new SpaceSaving(capacity);
  return {
    add: (key) => {
      sketch.add(key, 1n);
    },
    top: (count) =>
      sketch
        .top(count)
        .map(({ key, value, errorMax }) => ({ key, value: Number(value), errorMax: Number(errorMax) })),
    get heldMax() {
      return sketch.size;
    },
  };
}

/**
 * Lossy counting (Manku and Motwani, "Approximate Frequency Counts over Data Streams", 2002): after each `1 /
 * epsilon` items, keys whose count and possible error together are no more than the number of such stretches
 * are dropped.
 */
export function lossyCounting(epsilon: number): HeavyHitters {
  const width = Math.ceil(1 / epsilon);
  const held = new Map<string, { count: number; missed: number }>();
  let items = 0;
  let heldMax = 0;
  return {
    add: (key) => {
      const stretch = Math.floor(items / width);
      items += 1;
      const known = held.get(key);
      if (known === undefined) held.set(key, { count: 1, missed: stretch });
      else known.count += 1;
      heldMax = Math.max(heldMax, held.size);
      if (items % width !== 0) return;
      for (const [other, { count, missed }] of held) if (count + missed <= stretch + 1) held.delete(other);
    },
    top: (count) =>
      [...held]
        .map(([key, one]) => ({ key, value: one.count + one.missed, errorMax: one.missed }))
        .sort((a, b) => b.value - a.value)
        .slice(0, count),
    get heldMax() {
      return heldMax;
    },
  };
}

/**
 * Sticky sampling (the same paper): a key is taken up with a chance that halves as the stream doubles, and
 * then counted exactly. What came before it was taken up is missed, by an amount that holds only with
 * probability 1 - `delta`.
 */
export function stickySampling(
  { support, epsilon, delta }: { support: number; epsilon: number; delta: number },
  prng: Prng,
): HeavyHitters {
  const unit = Math.ceil((1 / epsilon) * Math.log(1 / (support * delta)));
  const held = new Map<string, number>();
  let [items, rate, until, heldMax] = [0, 1, 2 * unit, 0];
  const halve = (): void => {
    rate *= 2;
    until += rate * unit;
    for (const [key, count] of held) {
      let left = count;
      while (left > 0 && prng.chance(0.5)) left -= 1;
      if (left === 0) held.delete(key);
      else held.set(key, left);
    }
  };
  return {
    add: (key) => {
      items += 1;
      if (items > until) halve();
      const known = held.get(key);
      if (known !== undefined) held.set(key, known + 1);
      else if (prng.chance(1 / rate)) held.set(key, 1);
      heldMax = Math.max(heldMax, held.size);
    },
    top: (count) =>
      [...held]
        .map(([key, value]) => ({ key, value, errorMax: undefined }))
        .sort((a, b) => b.value - a.value)
        .slice(0, count),
    get heldMax() {
      return heldMax;
    },
  };
}
