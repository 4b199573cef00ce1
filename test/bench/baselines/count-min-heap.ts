import { CountMin } from '../../../lib/core/counters/hot/count-min.ts';
import type { HeavyHitters } from './heavy-hitters.ts';

interface Held {
  readonly key: string;
  value: number;
  /** Its place in the heap. */
  at: number;
}

/**
 * A count-min sketch, which knows how often any key came, and a heap of the `capacity` keys with the greatest
 * estimates. An estimate is never too low; how much it is too high is bounded with a probability only.
 */
export function countMinHeap({
  width,
  depth,
  capacity,
}: {
  readonly width: number;
  readonly depth: number;
  readonly capacity: number;
}): HeavyHitters {
  const sketch = new CountMin(width, depth);
  const byKey = new Map<string, Held>();
  const heap: Held[] = [];
  const valueAt = (at: number): number => heap[at]?.value ?? Infinity;
  const place = (held: Held, at: number): void => {
    heap[at] = held;
    held.at = at;
  };
  /** The value of one has grown, or it is new at the root: it goes down. */
  const sink = (held: Held): void => {
    for (;;) {
      const { at } = held;
      const lesser = valueAt(2 * at + 1) <= valueAt(2 * at + 2) ? 2 * at + 1 : 2 * at + 2;
      const child = heap[lesser];
      if (child === undefined || child.value >= held.value) return;
      place(child, at);
      place(held, lesser);
    }
  };
  const rise = (held: Held): void => {
    for (;;) {
      const { at } = held;
      const parent = heap[(at - 1) >> 1];
      if (at === 0 || parent === undefined || parent.value <= held.value) return;
      place(parent, at);
      place(held, (at - 1) >> 1);
    }
  };
  return {
    add: (key) => {
      const value = sketch.add(key);
      const known = byKey.get(key);
      if (known !== undefined) {
        known.value = value;
        sink(known);
      } else if (heap.length < capacity || value > valueAt(0)) {
        const held = { key, value, at: heap.length };
        const least = heap[0];
        byKey.set(key, held);
        if (heap.length < capacity || least === undefined) {
          place(held, heap.length);
          rise(held);
        } else {
          byKey.delete(least.key);
          place(held, 0);
          sink(held);
        }
      }
    },
    top: (count) =>
      heap
        .map(({ key, value }) => ({ key, value, errorMax: undefined }))
        .sort((a, b) => b.value - a.value)
        .slice(0, count),
    get heldMax() {
      return heap.length;
    },
  };
}
