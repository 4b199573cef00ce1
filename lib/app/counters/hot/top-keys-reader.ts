import { mergeSketches, type ClosedSketch, type TopKey } from '../../../core/counters/hot/space-saving.ts';
import { readItemsMax } from '../../../ports/state-store.ts';
import type { Ports } from '../../ports.ts';
import { counterKey } from '../../state-keys.ts';
import { minuteMs, minutesBehindMax, readAll, readParts, sketchCapacity } from './stored-sketches.ts';

export const topKeysMax = 100;

/** The current minute and this many before it. */
const minutesBefore = 5;

/** How long a list is served before the sketches are read again, milliseconds. */
const cacheMs = 1000;

export interface TopKeys {
  /** Amounts of the last minutes, estimated by the sketches: `value - errorMax <= amount <= value`. */
  readonly recent: { readonly windowMs: number; readonly keys: readonly TopKey[] };
  /** Exact totals; the sketches only choose the keys of the list. */
  readonly all: { readonly keys: readonly TopKey[] };
}

export interface TopKeysReader {
  /** The `count` (1..`topKeysMax`) hottest keys. Rejects with a StateStoreError. */
  read(count: number): Promise<TopKeys>;
}

interface Sketches {
  readonly recent: ClosedSketch;
  readonly windowMs: number;
  readonly all: ClosedSketch;
}

export function createTopKeysReader(deps: Pick<Ports, 'state' | 'clock'>): TopKeysReader {
  let cached: { readonly untilMs: number; readonly sketches: Promise<Sketches> } | undefined;
  return {
    read: async (count) => {
      const { clock } = deps;
      if (cached === undefined || clock.monotonicMs() >= cached.untilMs) {
        const sketches = readSketches(deps);
        const fresh = { untilMs: clock.monotonicMs() + cacheMs, sketches };
        cached = fresh;
        sketches.catch(() => {
          // A failure is returned to the waiting calls and not cached.
          if (cached === fresh) cached = undefined;
        });
      }
      const { recent, windowMs, all } = await cached.sketches;
      return {
        recent: { windowMs, keys: recent.keys.slice(0, count) },
        all: { keys: await totalsOf(deps, all, count) },
      };
    },
  };
}

async function readSketches(deps: Pick<Ports, 'state' | 'clock'>): Promise<Sketches> {
  const nowMs = deps.clock.nowMs();
  const minute = Math.floor(nowMs / minuteMs);
  const all = await readAll(deps);
  const first = minute - minutesBefore;
  const oldest = Math.min(first, Math.max(all.through + 1, minute - minutesBehindMax));
  const parts = await readParts(deps, oldest, minute);
  const since = (from: number): readonly ClosedSketch[] =>
    parts.filter((part) => part.minute >= from).map(({ sketch }) => sketch);
  return {
    recent: mergeSketches(since(first), sketchCapacity),
    windowMs: nowMs - first * minuteMs,
    all: mergeSketches([all.sketch, ...since(all.through + 1)], sketchCapacity),
  };
}

/** The exact totals of the most likely keys, the greatest first. */
async function totalsOf(
  { state }: Pick<Ports, 'state'>,
  { keys }: ClosedSketch,
  count: number,
): Promise<readonly TopKey[]> {
  // A few more than requested, because the last places are close.
  const likeliest = keys.slice(0, Math.min(readItemsMax, 2 * count + 10)).map(({ key }) => key);
  const items = await state.getMany(likeliest.map(counterKey));
  const found = likeliest.flatMap((key, i): TopKey[] => {
    const total = items[i]?.['total'];
    return typeof total === 'bigint' ? [{ key, value: total, errorMax: 0n }] : [];
  });
  return found.sort((a, b) => (a.value < b.value ? 1 : a.value > b.value ? -1 : 0)).slice(0, count);
}
