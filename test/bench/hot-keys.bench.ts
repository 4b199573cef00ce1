/**
 * Goals: which sketch finds the hot keys of a Zipf load best, in what memory and time: whether the greatest
 * are found, how wrong their values are, how many keys are held at once. Non-goals: the code that fills and
 * reads the sketch.
 *
 *   node test/bench/main.ts hot-keys
 *   node test/bench/curves.ts hot-keys    writes the table of docs/performance.md
 */
import { CountMin } from '../../lib/core/counters/hot/count-min.ts';
import { sketchCapacity } from '../../lib/app/counters/hot/stored-sketches.ts';
import { Prng } from '../support/prng.ts';
import { countMinHeap } from './baselines/count-min-heap.ts';
import { misraGries } from './baselines/misra-gries.ts';
import { lossyCounting, spaceSaving, stickySampling, type HeavyHitters } from './baselines/heavy-hitters.ts';
import { processorMs, ResultHash, type BenchContext, type Benchmark } from './harness.ts';

export const hotKeysBench: Benchmark = { name: 'hot-keys', run };

function run(context: BenchContext): void {
  const { quick, seed } = context;
  const keys = quick ? 10_000 : 1_000_000;
  const items = quick ? 50_000 : 5_000_000;
  const load = zipfLoad(keys, items, seed);
  const epsilon = 1 / sketchCapacity;
  const sticky = { support: 1 / 300, epsilon, delta: 0.01 };
  // Errors of e / 4,096 of the load, fewer than a thousandth.
  const cells = { width: 4096, depth: 4 };
  const methods: readonly (readonly [string, HeavyHitters])[] = [
    ['Space-Saving', spaceSaving(sketchCapacity)],
    ['Misra-Gries', misraGries(sketchCapacity)],
    ['count-min and heap', countMinHeap({ ...cells, capacity: sketchCapacity })],
    ['lossy counting', lossyCounting(epsilon)],
    ['sticky sampling', stickySampling(sticky, new Prng(seed))],
  ];
  for (const [name, method] of methods) reportMethod(context, { name, method, load });
  reportCountMin(context, load);
}

interface Load {
  readonly keys: number;
  /** By rank, from 0: how often it comes. */
  readonly counts: Uint32Array;
  readonly ranks: Uint32Array;
  readonly names: readonly string[];
}

function reportMethod(
  context: BenchContext,
  { name, method, load }: { name: string; method: HeavyHitters; load: Load },
): void {
  const { ranks, names, counts, keys } = load;
  const tookMs = processorMs(() => {
    for (const rank of ranks) method.add(names[rank] ?? '');
  });
  const truth = new Map(names.map((key, rank) => [key, counts[rank] ?? 0]));
  const greatest = [...truth].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  const found = (count: number): number => {
    const shown = new Set(method.top(count).map(({ key }) => key));
    return greatest.slice(0, count).filter((key) => shown.has(key)).length;
  };
  const shown = method.top(100);
  const isBroken = ({ key, value, errorMax }: (typeof shown)[number]): boolean => {
    const count = truth.get(key) ?? 0;
    return errorMax !== undefined && (count > value || count < value - errorMax);
  };
  const hash = new ResultHash();
  for (const { key, value } of shown) hash.addText(`${key} ${value}`);
  const conditions = { keys, items: ranks.length, 'held at most': method.heldMax, hash: hash.hex };
  const row = (what: string, value: number, unit: string): void => {
    context.report({ name: `${name}: ${what}`, value, unit, conditions });
  };
  row('of the 20 greatest keys found', found(20), 'keys');
  row('of the 100 greatest keys found', found(100), 'keys');
  if (shown.some(({ errorMax }) => errorMax !== undefined))
    row('of 100 shown, bounds that are not true', shown.filter(isBroken).length, 'keys');
  const errors = shown.slice(0, 20).map(({ key, value }) => Math.abs(value - (truth.get(key) ?? 0)) / value);
  row('greatest error among the first 20', Math.max(...errors) * 100, '%');
  row('an item', (tookMs * 1e6) / ranks.length, 'ns');
}

/** A point estimate alone: what ingest asks of it. */
function reportCountMin(context: BenchContext, { ranks, names, counts, keys }: Load): void {
  const sketch = new CountMin(2048, 4);
  // A second of a busy container.
  const some = ranks.subarray(0, 5000);
  const own = new Uint32Array(counts.length);
  const tookMs = processorMs(() => {
    for (const rank of some) {
      sketch.add(names[rank] ?? '');
      own[rank] = (own[rank] ?? 0) + 1;
    }
  });
  let worst = 0;
  let tooLow = 0;
  const hash = new ResultHash();
  for (let rank = 0; rank < 1000; rank += 1) {
    const estimate = sketch.estimate(names[rank] ?? '');
    hash.add(estimate);
    worst = Math.max(worst, estimate - (own[rank] ?? 0));
    if (estimate < (own[rank] ?? 0)) tooLow += 1;
  }
  const conditions = { keys, items: some.length, cells: 2048 * 4, hash: hash.hex };
  context.report({ name: 'count-min: estimates that are too low', value: tooLow, unit: 'keys', conditions });
  context.report({
    name: 'count-min: greatest estimate too high by',
    value: worst,
    unit: 'items',
    conditions,
  });
  context.report({ name: 'count-min: an item', value: (tookMs * 1e6) / some.length, unit: 'ns', conditions });
}

/** Rank r comes with a chance proportional to 1 / (r + 1). */
function zipfLoad(keys: number, items: number, seed: number): Load {
  const prng = new Prng(seed);
  const upTo = new Float64Array(keys);
  let sum = 0;
  for (let rank = 0; rank < keys; rank += 1) upTo[rank] = sum += 1 / (rank + 1);
  const ranks = new Uint32Array(items);
  const counts = new Uint32Array(keys);
  for (let i = 0; i < items; i += 1) {
    const rank = firstAbove(upTo, (prng.uint32() / 2 ** 32) * sum);
    ranks[i] = rank;
    counts[rank] = (counts[rank] ?? 0) + 1;
  }
  const names = Array.from(
    { length: keys },
    (_, rank) => `counter-${((rank + 1) * 2_654_435_761) % 2 ** 32}`,
  );
  return { keys, counts, ranks, names };
}

function firstAbove(values: Float64Array, wanted: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
