/**
 * Goals: whether counting depends on how many counters there are: the whole aggregate function on a store in
 * memory and on LMDB, with 1, 10,000 and 1,000,000 counters in the store, a batch of 10,000 records at a
 * time; and what the minutes of each counter cost in addition to its total. The numbers of keys take turns.
 * Non-goals: reading the log, and HTTP (`npm run load -- --profile writes`).
 *
 *   node test/bench/main.ts key-growth
 */
import type { KinesisStreamEvent } from 'aws-lambda';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { createSystemIds } from '../../lib/adapters/system/system-ids.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import type { StateStore } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { spyOnState } from '../support/state-spy.ts';
import { IncrementBatches } from './increment-batches.ts';
import { openBenchLmdb } from './lmdb-stores.ts';
import { quantile, ResultHash, startProcessorWatch, type BenchContext, type Benchmark } from './harness.ts';

export const keyGrowthBench: Benchmark = {
  name: 'key-growth',
  run: async (context) => {
    const [one, many, most] = context.quick ? [1, 20, 120] : [1, 10_000, 1_000_000];
    const alone = [{ keys: one }, { keys: many }, { keys: most }];
    await measure(context, 'in memory', alone, () => ({
      state: createMemoryStateStore(),
      close: () => undefined,
    }));
    await measure(context, 'on LMDB', [...alone, { keys: many, minutes: true }], openOnDisk);
  },
};

interface OpenStore {
  readonly state: StateStore;
  close(): Promise<void> | void;
}

interface Kind {
  readonly keys: number;
  /** Keeps a series of minutes. */
  readonly minutes?: boolean;
}

interface Subject extends Kind {
  readonly store: OpenStore;
  readonly spy: ReturnType<typeof spyOnState>;
  readonly batches: IncrementBatches;
  readonly run: (event: KinesisStreamEvent, lambdaContext: object) => Promise<unknown>;
  readonly rates: number[];
}

async function measure(
  context: BenchContext,
  where: string,
  kinds: readonly Kind[],
  open: () => OpenStore,
): Promise<void> {
  const batchSize = context.quick ? 100 : 10_000;
  const rounds = context.quick ? 2 : 7;
  const subjects = kinds.map((kind) => createSubject(context.seed, kind, batchSize, open()));
  try {
    for (const { batches, run } of subjects) for (const event of batches.ofEveryKey()) await run(event, {});
    for (let round = 0; round <= rounds; round++) {
      for (const { batches, run, rates, spy } of subjects) {
        const event = batches.next();
        const writesBefore = spy.writes;
        const stop = startProcessorWatch();
        await run(event, {});
        const rate = (batchSize * 1000) / stop();
        const written = spy.writes - writesBefore;
        if (written !== batches.distinctKeys)
          throw new Error(`${written} writes for ${batches.distinctKeys} keys`);
        // The first round warms up.
        if (round > 0) rates.push(rate);
      }
    }
    for (const subject of subjects) report(context, where, subject, subjects, batchSize);
  } finally {
    for (const { store } of subjects) await store.close();
  }
}

/** No list of hot keys, and series only where they are asked for: what a counter costs by itself. */
const local = stageSettings('local');
const settingsOf = ({ minutes = false }: Kind): typeof local => ({
  ...local,
  counters: { ...local.counters, series: minutes ? { minute: 7 } : {}, topKeysSaveMs: 0 },
});

function createSubject(seed: number, kind: Kind, batchSize: number, store: OpenStore): Subject {
  const spy = spyOnState(store.state);
  const run = createAggregateIncrements({
    state: spy.state,
    quarantine: createMemoryQuarantine(),
    clock: systemClock,
    ids: createSystemIds(),
    telemetry: nullTelemetry,
    settings: settingsOf(kind),
  }) as Subject['run'];
  return { ...kind, store, spy, run, batches: new IncrementBatches(seed, kind.keys, batchSize), rates: [] };
}

function report(
  context: BenchContext,
  where: string,
  subject: Subject,
  subjects: readonly Subject[],
  batch: number,
): void {
  const { keys, minutes = false, rates, batches } = subject;
  const hash = new ResultHash();
  hash.addText(batches.sum.toString());
  const kind = `${keys === 1 ? 'counter' : 'counters'}${minutes ? ' with minutes' : ''}`;
  const name = `${keys.toLocaleString('en')} ${kind}, ${where}`;
  const conditions = {
    keys,
    batch,
    'writes in the last batch': batches.distinctKeys,
    rounds: rates.length,
    hash: hash.hex,
  };
  context.report({ name, value: quantile(rates, 0.5), unit: 'records/s', conditions });
  // A counter's share of a record is a write: with one counter there is one for the whole batch.
  const writesPerSecond = rates.map((rate) => (rate * batches.distinctKeys) / batch);
  context.report({
    name: `${name}: writes`,
    value: quantile(writesPerSecond, 0.5),
    unit: 'writes/s',
    conditions,
  });
  const other = subjects.find((one) => (minutes ? one.keys === keys : true));
  if (other === undefined || subject === other) return;
  const ratios = rates.map((rate, i) => rate / (other.rates[i] ?? Number.NaN));
  context.report({
    name: `${name}, to ${minutes ? 'the same without' : 'one counter'}`,
    value: quantile(ratios, 0.5),
    unit: 'times',
    conditions,
  });
}

function openOnDisk(): OpenStore {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-bench-'));
  const stores = openBenchLmdb(folder);
  return {
    state: stores.state,
    close: async () => {
      await stores.close();
      rmSync(folder, { recursive: true });
    },
  };
}
