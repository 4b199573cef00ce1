/**
 * Goals: what counting costs on one core between the Kinesis event and the writes (base64 decoded, events
 * validated, folded into one update per counter), and with the writes to a store in memory. Non-goals: any
 * real store. Every round gets an event that was just parsed from JSON, as in Lambda; the parsing is not
 * measured.
 *
 *   node test/bench/main.ts aggregate
 */
import type { KinesisStreamEvent } from 'aws-lambda';
import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { createSystemIds } from '../../lib/adapters/system/system-ids.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { encodeIncrement, readIncrement } from '../../lib/app/counters/increment-codec.ts';
import { toRecordBatch } from '../../lib/app/kinesis-event.ts';
import { firstChunk } from '../../lib/core/counters/chunk.ts';
import { groupRecords } from '../../lib/core/counters/group-records.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { spyOnState } from '../support/state-spy.ts';
import { firstNumber, incrementRecord, startMs } from './increment-batches.ts';
import {
  measureRate,
  quantile,
  ResultHash,
  startProcessorWatch,
  type BenchContext,
  type Benchmark,
} from './harness.ts';

export const aggregateBench: Benchmark = {
  name: 'aggregate',
  run: async (context) => {
    const records = context.quick ? 200 : 10_000;
    for (const keys of [1, records / 10, records]) fold(context, { records, keys, keyed: false });
    fold(context, { records, keys: records / 10, keyed: true });
    await handle(context, { records, keys: records / 10, keyed: false });
  },
};

interface Shape {
  readonly records: number;
  readonly keys: number;
  readonly keyed: boolean;
}

/** From the event to the sums and claims, nothing written. */
function fold(context: BenchContext, shape: Shape): void {
  const rounds = context.quick ? 2 : 41;
  const json = eventJson(context.seed, shape, 0);
  const events = Array.from({ length: rounds + 1 }, () => JSON.parse(json) as KinesisStreamEvent);
  let hash = new ResultHash();
  const rate = measureRate(rounds, shape.records, () => {
    hash = foldOnce(events.pop());
  });
  const conditions = { ...describe(shape), rounds, 'cpu share': rate.cpuShare, hash: hash.hex };
  context.report({
    name: `decode, validate, fold: ${title(shape)}`,
    value: rate.perSecond,
    unit: 'records/s',
    conditions,
  });
}

function foldOnce(event: unknown): ResultHash {
  const hash = new ResultHash();
  const batch = toRecordBatch(event);
  for (const { records } of groupRecords(batch, batch.records, readIncrement)) {
    let rest = records;
    for (let chunk = firstChunk(rest); chunk?.type === 'count'; chunk = firstChunk(rest)) {
      hash.add(Number(chunk.sum));
      hash.add(chunk.count);
      rest = rest.slice(chunk.size);
    }
  }
  return hash;
}

/** The whole function on a store in memory, batch after batch of new records. */
async function handle(context: BenchContext, shape: Shape): Promise<void> {
  const rounds = context.quick ? 2 : 11;
  const spy = spyOnState(createMemoryStateStore());
  const run = createAggregateIncrements({
    state: spy.state,
    quarantine: createMemoryQuarantine(),
    clock: systemClock,
    ids: createSystemIds(),
    telemetry: nullTelemetry,
    settings: stageSettings('local'),
  }) as (event: KinesisStreamEvent, lambdaContext: object) => Promise<unknown>;
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const event = JSON.parse(eventJson(context.seed, shape, round)) as KinesisStreamEvent;
    const stop = startProcessorWatch();
    await run(event, {});
    rates.push((shape.records * 1000) / stop());
  }
  const hash = new ResultHash();
  hash.addText(
    JSON.stringify(await spy.state.get({ table: 'counters', pk: 'counter#ad-0-0190f3c1', sk: '' }), total),
  );
  const conditions = {
    ...describe(shape),
    rounds,
    'writes/batch': spy.writes / (rounds + 1),
    hash: hash.hex,
  };
  // The first round warms up.
  context.report({
    name: `whole function on a store in memory: ${title(shape)}`,
    value: quantile(rates.slice(1), 0.5),
    unit: 'records/s',
    conditions,
  });
}

/** Of the item only what does not depend on when it was written. */
function total(name: string, value: unknown): unknown {
  if (name === 'updated_at' || name.startsWith('hw|')) return undefined;
  return typeof value === 'bigint' ? value.toString() : value;
}

function title({ keys, keyed }: Shape): string {
  return `${keyed ? 'keyed, ' : ''}${keys} ${keys === 1 ? 'key' : 'keys'}`;
}

function describe({ records, keys, keyed }: Shape): Readonly<Record<string, string | number>> {
  return { batch: records, keys, keyed: String(keyed) };
}

/** A batch as Lambda sends it; keys of 14 to 18 characters in random order, values 1..99. */
function eventJson(seed: number, { records, keys, keyed }: Shape, round: number): string {
  const prng = new Prng(seed + round);
  const hex = (): string => prng.uint32().toString(16).padStart(8, '0');
  const list = Array.from({ length: records }, (_, i) => {
    const key = `ad-${keys === records ? i : prng.int(0, keys - 1)}-0190f3c1`;
    const value = String(prng.int(1, 99));
    const id = hex() + hex() + hex() + hex();
    const data = encodeIncrement({ v: 1, type: 'Incremented', id, key, value, count: 1, keyed, at: startMs });
    const sequenceNumber = (firstNumber + BigInt(round * records + i)).toString();
    return incrementRecord(key, sequenceNumber, data);
  });
  return JSON.stringify({ Records: list });
}
