import { assert } from '../../assert.ts';

/** `value - errorMax <= true amount <= value`. */
export interface TopKey {
  readonly key: string;
  readonly value: bigint;
  readonly errorMax: bigint;
}

/**
 * The keys with the largest amounts, in bounded memory: Space-Saving (Metwally, Agrawal and El Abbadi,
 * "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005) with amounts as weights. It
 * watches `capacity` keys. A key it does not watch replaces the least one and inherits its value as its
 * possible error. So no key with more than the whole sum divided by `capacity` is ever missing.
 */
export class SpaceSaving {
  readonly capacity: number;
  /** A binary heap, the least value at the root. */
  readonly #heap: Watched[] = [];
  readonly #byKey = new Map<string, Watched>();

  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity > 0, 'a sketch watches one key at least');
    this.capacity = capacity;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The most that a key that is not watched can have. */
  get unwatchedMax(): bigint {
    return this.size < this.capacity ? 0n : (this.#heap[0]?.value ?? 0n);
  }

  add(key: string, amount: bigint): void {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.value += amount;
      this.#sink(known);
      return;
    }
    if (this.size < this.capacity) {
      this.#watch({ key, value: amount, errorMax: 0n, index: this.size });
      return;
    }
    const least = this.#heap[0];
    assert(least !== undefined, 'a full sketch has a least key');
    this.#byKey.delete(least.key);
    const heir = { key, value: least.value + amount, errorMax: least.value, index: 0 };
    this.#heap[0] = heir;
    this.#byKey.set(key, heir);
    this.#sink(heir);
  }

  /** The watched keys, the greatest first; equal ones by key. */
  top(count = this.size): readonly TopKey[] {
    return [...this.#heap]
      .sort(byValue)
      .slice(0, count)
      .map(({ key, value, errorMax }) => ({ key, value, errorMax }));
  }

  #watch(watched: Watched): void {
    this.#heap.push(watched);
    this.#byKey.set(watched.key, watched);
    for (let parent = this.#parentOf(watched); parent !== undefined && parent.value > watched.value;) {
      this.#swap(parent, watched);
      parent = this.#parentOf(watched);
    }
  }

  #parentOf({ index }: Watched): Watched | undefined {
    return index === 0 ? undefined : this.#heap[(index - 1) >> 1];
  }

  /** Restores the heap after the key's value has grown. */
  #sink(watched: Watched): void {
    for (;;) {
      const left = this.#heap[2 * watched.index + 1];
      const right = this.#heap[2 * watched.index + 2];
      const lesser = right !== undefined && left !== undefined && right.value < left.value ? right : left;
      if (lesser === undefined || lesser.value >= watched.value) return;
      this.#swap(watched, lesser);
    }
  }

  #swap(a: Watched, b: Watched): void {
    [a.index, b.index] = [b.index, a.index];
    this.#heap[a.index] = a;
    this.#heap[b.index] = b;
  }
}

interface Watched {
  readonly key: string;
  value: bigint;
  readonly errorMax: bigint;
  index: number;
}

/** The content of a closed sketch: its keys, and the most that any other key can have. */
export interface ClosedSketch {
  readonly keys: readonly TopKey[];
  readonly unwatchedMax: bigint;
}

/**
 * Merges the sketches of several parts into one (Agarwal et al., "Mergeable Summaries", 2012). A key that a
 * part does not watch may have up to that part's `unwatchedMax` there. Keeps the `capacity` greatest keys.
 */
export function mergeSketches(parts: readonly ClosedSketch[], capacity: number): ClosedSketch {
  const unseen = parts.reduce((sum, { unwatchedMax }) => sum + unwatchedMax, 0n);
  const merged = new Map<string, TopKey>();
  for (const { keys, unwatchedMax } of parts) {
    for (const { key, value, errorMax } of keys) {
      // Until a part lists the key, it counts there with the most that it may have.
      const known = merged.get(key) ?? { key, value: unseen, errorMax: unseen };
      merged.set(key, {
        key,
        value: known.value - unwatchedMax + value,
        errorMax: known.errorMax - unwatchedMax + errorMax,
      });
    }
  }
  const all = [...merged.values()].sort(byValue);
  const [firstLeftOut] = all.slice(capacity, capacity + 1);
  const unwatchedMax =
    firstLeftOut !== undefined && firstLeftOut.value > unseen ? firstLeftOut.value : unseen;
  return { keys: all.slice(0, capacity), unwatchedMax };
}

function byValue(a: TopKey, b: TopKey): number {
  if (a.value !== b.value) return a.value > b.value ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}
