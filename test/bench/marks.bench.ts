/**
 * Goals: how many bytes the item of a counter has by the number of its marks, and what DynamoDB bills for a write to
 * it; and the same if marks were as short as they can be (docs/decisions). Numbers and shards as Kinesis spells them,
 * lanes as the product names them. Non-goals: time.
 *
 *   node test/bench/main.ts marks
 */
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { itemBytes } from '../../lib/adapters/items/item-size.ts';
import { hashPosition } from '../../lib/adapters/records/partition-hash.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
import { toPartitionKey } from '../../lib/core/counters/counter-key.ts';
import { laneName, lanesMax } from '../../lib/core/counters/hot/lanes.ts';
import type { Attributes } from '../../lib/ports/state-store.ts';
import { countingAlone, createCounterWorld, increment, logRecords } from '../support/counter-world.ts';
import { ResultHash, type BenchContext, type Benchmark } from './harness.ts';

const shards = 16;

/** A billed unit of a write. */
const unitBytes = 1024;

export const marksBench: Benchmark = {
  name: 'marks',
  run: async (context) => {
    const counts = context.quick ? [1, 4, 8, 9] : [1, 4, 8, 9, 10, 16, 20, 32, 64];
    const counter = `01890a5d-ac96-774b-bcce-${context.seed.toString(16).padStart(12, '0')}`;
    for (const marks of counts) report(context, counter, await itemWith(counter, marks));
  },
};

/** Counts one record in each lane, on one shard after the other; beyond the lanes, on shards that came later. */
async function itemWith(counter: string, marks: number): Promise<Attributes> {
  const { ports, memoryState, clock } = createCounterWorld(countingAlone);
  const aggregator = createAggregator(ports);
  for (let mark = 0; mark < marks; mark += 1) {
    const lane = mark % lanesMax;
    const partitionKey =
      lane === 0 ? counter : toPartitionKey(counter, laneName(counter, lane, hashPosition));
    const shard = (mark % shards) + shards * Math.floor(mark / lanesMax);
    const number = 49_640_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000n + BigInt(mark);
    const [record] = logRecords([increment(counter)], number, clock.nowMs());
    if (record === undefined) throw new Error('one record');
    await aggregator.aggregate({
      stream: 'increments',
      epoch: '1',
      shardId: `shardId-${String(shard).padStart(12, '0')}`,
      records: [{ ...record, partitionKey }],
    });
  }
  const item = await memoryState.get(counterKey(counter));
  if (item === undefined) throw new Error('the counter is there');
  return item;
}

function report(context: BenchContext, counter: string, item: Attributes): void {
  const bytes = itemBytes(counterKey(counter), item);
  const short = itemBytes(counterKey(counter), shortened(item));
  const marks = Object.keys(item).filter((name) => name.startsWith('hw|')).length;
  const hash = new ResultHash();
  hash.addText([counter, ...Object.keys(item)].sort().join());
  context.report({
    name: `a counter with ${marks} marks`,
    value: bytes,
    unit: 'bytes',
    conditions: {
      'units, no key, no series': units(bytes),
      'units with a key or series': 2 * units(bytes),
      'shortest form': `${short} bytes`,
      'its units, no key, no series': units(short),
      hash: hash.hex,
    },
  });
}

/** In a transaction, which claims and series need, each counts twice. */
function units(bytes: number): number {
  return Math.ceil(bytes / unitBytes);
}

/** The number in 64 digits instead of ten, the second of its last move likewise, the shard by its number. */
function shortened(item: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => {
      if (!name.startsWith('hw|') || typeof value !== 'string') return [name, value];
      const [, epoch = '', shardId = '', lane = ''] = name.split('|');
      const [number = '', second = ''] = value.split('@');
      const digits = (decimal: string): string =>
        '='.repeat(Math.ceil(BigInt(decimal).toString(2).length / 6));
      return [
        `hw|${epoch}|${Number(shardId.slice('shardId-'.length)).toString(36)}|${lane}`,
        digits(number.slice(3)) + digits(second),
      ];
    }),
  );
}
