import type { HeavyHitters } from './heavy-hitters.ts';

/**
 * Misra and Gries, "Finding repeated elements" (1982): a key takes a free counter; if none is free, every counter
 * loses one, and so does the item itself. What a key has lost is at most the number of those rounds, of which n
 * items make n / (capacity + 1) at most.
 */
export function misraGries(capacity: number): HeavyHitters {
  const held = new Map<string, number>();
  let [rounds, heldMax] = [0, 0];
  return {
    add: (key) => {
      const known = held.get(key);
      if (known !== undefined) held.set(key, known + 1);
      else if (held.size < capacity) held.set(key, 1);
      else {
        rounds += 1;
        for (const [other, count] of held) {
          if (count === 1) held.delete(other);
          else held.set(other, count - 1);
        }
      }
      heldMax = Math.max(heldMax, held.size);
    },
    top: (count) =>
      [...held]
        .map(([key, kept]) => ({ key, value: kept + rounds, errorMax: rounds }))
        .sort((a, b) => b.value - a.value)
        .slice(0, count),
    get heldMax() {
      return heldMax;
    },
  };
}
