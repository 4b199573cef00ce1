/**
 * Goals: what the delivery loop alone costs on one core: reading, spreading over lanes, making events,
 * settling and checkpoints, with a function that does nothing. Non-goals: any real log or function.
 *
 *   node test/bench/main.ts delivery
 */
import type { KinesisStreamEvent } from 'aws-lambda';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { createEventSourceMapping } from '../../lib/embedded/delivery/event-source-mapping.ts';
import type { LogReader, LogRecord } from '../../lib/ports/log-reader.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { quantile, ResultHash, startProcessorWatch, type BenchContext, type Benchmark } from './harness.ts';

const shardId = 'shardId-000000000000';
const keys = 5000;
const dataBytes = 150;
/** Records that are made once and read again under new numbers. */
const differentRecords = 50_000;

export const deliveryBench: Benchmark = {
  name: 'delivery',
  run: async (context) => {
    for (const lanes of [1, 2, 4, 10]) await measure(context, lanes);
  },
};

async function measure(context: BenchContext, lanes: number): Promise<void> {
  const records = context.quick ? 800 : 1_000_000;
  const rounds = context.quick ? 2 : 7;
  const made = makeRecords(context.seed, Math.min(records, differentRecords));
  const rates: number[] = [];
  let hash = new ResultHash();
  let batches = 0;
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  for (let round = 0; round <= rounds; round += 1) {
    hash = new ResultHash();
    batches = 0;
    const stop = startProcessorWatch();
    await deliver(made, records, lanes, ({ Records: got }) => {
      batches += 1;
      hash.addText(`${got[0]?.kinesis.data}${got.at(-1)?.eventID}`);
    });
    rates.push((records * 1000) / stop());
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  context.report({
    name: `deliver to a function that does nothing: ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}`,
    // The first round warms up.
    value: quantile(rates.slice(1), 0.5),
    unit: 'records/s',
    conditions: {
      records,
      'bytes/record': dataBytes,
      batches,
      rounds,
      // Collector threads included, so it may pass 1.
      'cpu share': ((user + system) / 1000 / (performance.now() - startedMs)).toFixed(2),
      hash: hash.hex,
    },
  });
}

async function deliver(
  made: readonly LogRecord[],
  records: number,
  lanes: number,
  see: (event: KinesisStreamEvent) => void,
): Promise<void> {
  const mapping = createEventSourceMapping({
    consumer: 'aggregate-increments',
    settings: {
      ...stageSettings('local').deliveries['aggregate-increments'],
      parallelizationFactor: lanes,
      maximumBatchingWindowSeconds: 0,
    },
    streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-bench-increments.1',
    reader: createEndlessReader(made, records),
    invoke: (event) => {
      see(event);
      return Promise.resolve();
    },
    onFailure: () => Promise.reject(new Error('nothing fails here')),
    clock: systemClock,
    telemetry: nullTelemetry,
    functionTimeoutMs: 60_000,
  });
  mapping.start();
  await mapping.idle();
  await mapping.stop();
}

/** A log that costs next to nothing: `records` records in one shard, the same over and over. */
function createEndlessReader(made: readonly LogRecord[], records: number): LogReader {
  return {
    stream: 'increments',
    epoch: '1',
    shards: () => Promise.resolve([{ shardId, parentShardIds: [], closed: false }]),
    read: (_, after, { recordsMax }) => {
      const from = Number(after ?? 0);
      const count = Math.min(recordsMax, records - from);
      const page = Array.from({ length: count }, (__, i) =>
        renumbered(made[(from + i) % made.length], from + i + 1),
      );
      return Promise.resolve(page);
    },
    onAppend: () => () => undefined,
    readCheckpoint: () => Promise.resolve(undefined),
    writeCheckpoint: () => Promise.resolve(),
  };
}

function renumbered(record: LogRecord | undefined, number: number): LogRecord {
  if (record === undefined) throw new RangeError('no records were made');
  const { partitionKey, data, arrivedAtMs } = record;
  return { sequenceNumber: String(number), partitionKey, data, arrivedAtMs };
}

function makeRecords(seed: number, count: number): readonly LogRecord[] {
  const prng = new Prng(seed);
  const arrivedAtMs = systemClock.nowMs();
  return Array.from({ length: count }, () => {
    const data = new Uint8Array(dataBytes).map(() => prng.int(0, 255));
    return { sequenceNumber: '0', partitionKey: `counter-${prng.int(1, keys)}`, data, arrivedAtMs };
  });
}
