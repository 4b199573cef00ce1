/**
 * Goals: how long other records wait for poison records in the middle of one hot shard: from the append until
 * the increment is counted, on LMDB, with the mapping's own settings, with and without poison. Non-goals:
 * HTTP.
 *
 *   node test/bench/main.ts poison
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KinesisStreamEvent } from 'aws-lambda';
import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { encodeIncrement } from '../../lib/app/counters/increment-codec.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
import { createEventSourceMapping } from '../../lib/embedded/delivery/event-source-mapping.ts';
import { createLambdaContexts } from '../../lib/embedded/http/lambda-context.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { quantile, ResultHash, type BenchContext, type Benchmark } from './harness.ts';
import { openBenchLmdb } from './lmdb-stores.ts';

const hotKey = 'hot';
const perAppend = 100;
const pauseMs = 20;

export const poisonBench: Benchmark = {
  name: 'poison',
  run: async (context) => {
    for (const poisonEvery of [0, 1000, 100]) await measure(context, poisonEvery);
  },
};

async function measure(context: BenchContext, poisonEvery: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-bench-'));
  try {
    const appends = context.quick ? 5 : 500;
    const { waitsMs, given, total } = await run(folder, { seed: context.seed, appends, poisonEvery });
    const hash = new ResultHash();
    hash.addText(`${total} ${given}`);
    const title = poisonEvery === 0 ? 'no poison' : `1 record in ${poisonEvery} is poison`;
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
      ['longest', 1],
    ] as const) {
      context.report({
        name: `a hot shard, ${title}: wait of the others, ${name}`,
        value: quantile(waitsMs, share),
        unit: 'ms',
        conditions: {
          records: appends * perAppend,
          'records/s': (perAppend * 1000) / pauseMs,
          'given up': given,
          counted: String(total),
          hash: hash.hex,
        },
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Load {
  readonly seed: number;
  readonly appends: number;
  /** 0: none. */
  readonly poisonEvery: number;
}

async function run(
  folder: string,
  { seed, appends, poisonEvery }: Load,
): Promise<{ waitsMs: readonly number[]; given: number; total: bigint }> {
  const stores = openBenchLmdb(folder);
  const settings = stageSettings('local');
  const ports = { ...stores, clock: systemClock, ids: systemIds, telemetry: nullTelemetry, settings };
  const aggregate = createAggregateIncrements(ports);
  const contextOf = createLambdaContexts(ports, settings);
  const appendedMs = new Map<string, number>();
  const waitsMs: number[] = [];
  const mapping = createEventSourceMapping({
    consumer: 'aggregate-increments',
    settings: settings.deliveries['aggregate-increments'],
    streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-bench-increments.1',
    reader: stores.increments,
    invoke: async (event) => {
      const answer = await aggregate(event, contextOf('aggregate-increments'));
      noteSettled(event, answer.batchItemFailures.length, appendedMs, waitsMs);
      return answer;
    },
    onFailure: () => Promise.reject(new Error('nothing is too old here')),
    clock: systemClock,
    telemetry: nullTelemetry,
    functionTimeoutMs: 60_000,
  });
  mapping.start();
  const prng = new Prng(seed);
  let given = 0;
  let expected = 0n;
  for (let append = 0; append < appends; append += 1) {
    const sentMs = performance.now();
    const entries = Array.from({ length: perAppend }, (_, index) => {
      const isPoison = poisonEvery > 0 && (append * perAppend + index) % poisonEvery === poisonEvery / 2;
      if (isPoison) return { partitionKey: hotKey, data: Buffer.from('not an event') };
      const value = prng.int(1, 9);
      expected += BigInt(value);
      return { partitionKey: hotKey, data: encoded(value) };
    });
    const results = await stores.increments.append(entries);
    results.forEach((result, index) => {
      if (result.status !== 'appended') throw new Error(result.reason);
      if (entries[index]?.data.length === 12) given += 1;
      else appendedMs.set(result.sequenceNumber, sentMs);
    });
    await systemClock.sleep(pauseMs);
  }
  await mapping.idle();
  await mapping.stop();
  const item = await stores.state.get(counterKey(hotKey));
  await stores.close();
  if (item?.['total'] !== expected) throw new Error('the total is not what was appended');
  return { waitsMs, given, total: expected };
}

function encoded(value: number): Uint8Array {
  const id = systemIds.nonce();
  const at = systemClock.nowMs();
  return encodeIncrement({
    ...{ v: 1, type: 'Incremented', id, key: hotKey, value: String(value), count: 1, keyed: false, at },
  });
}

/** All of a batch, which names no failure here. */
function noteSettled(
  event: KinesisStreamEvent,
  failures: number,
  appendedMs: ReadonlyMap<string, number>,
  waitsMs: number[],
): void {
  if (failures > 0) return;
  const nowMs = performance.now();
  for (const { kinesis } of event.Records) {
    const sentMs = appendedMs.get(kinesis.sequenceNumber);
    if (sentMs !== undefined) waitsMs.push(nowMs - sentMs);
  }
}
