import { expect } from '@jest/globals';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { skipKey } from '../../lib/app/state-keys.ts';
import { quarantineKey } from '../../lib/ports/quarantine.ts';
import type { SpecificationStore } from '../specifications/specification-store.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import {
  counterShard,
  createCounterWorld,
  deliver,
  logRecords,
  totals,
  type CounterWorld,
  type Logged,
} from './counter-world.ts';

/**
 * Given what was logged, then what is counted. Every specification is run again with each record delivered
 * twice, with each keyed event logged twice, and with other batches: what is counted and given up must be the
 * same.
 */
export function givenRecordsIn(store: SpecificationStore) {
  return (...logged: readonly Logged[]) => ({
    /** `quarantined`: indexes of what was given. */
    thenCounters: async (
      expected: Readonly<Record<string, bigint>>,
      quarantined: readonly number[] = [],
    ): Promise<void> => {
      const records = logRecords(logged);
      const skipped = quarantined.map((index) => records[index]!.sequenceNumber);
      for (const { name, batches } of deliveries(logged, records)) {
        const world = await aggregated(batches, createCounterWorld({ state: store.fresh() }));
        const found = {
          name,
          counters: await totals(world.ports.state, logged),
          skipped: await skips(world),
        };
        expect(found).toStrictEqual({ name, counters: expected, skipped });
      }
    },
  });
}

/** Every batch in turn, in a world of its own. */
export async function aggregated(
  batches: readonly (readonly LogRecord[])[],
  world = createCounterWorld(),
): Promise<CounterWorld> {
  const aggregator = createAggregator(world.ports);
  for (const batch of batches) await deliver(aggregator, batch);
  return world;
}

interface Delivery {
  readonly name: string;
  readonly batches: readonly (readonly LogRecord[])[];
}

function deliveries(logged: readonly Logged[], records: readonly LogRecord[]): readonly Delivery[] {
  const all: Delivery[] = [
    { name: 'in one batch', batches: [records] },
    { name: 'one by one', batches: records.map((record) => [record]) },
    { name: 'all, and all again', batches: [records, records] },
  ];
  records.forEach((record, i) => {
    const [head, rest] = [records.slice(0, i), records.slice(i)];
    all.push({ name: `record ${i} twice in a batch`, batches: [records.toSpliced(i, 0, record)] });
    all.push({ name: `record ${i} again later`, batches: [records, [record]] });
    if (i > 0) all.push({ name: `cut before record ${i}`, batches: [head, rest] });
    if (i > 0) all.push({ name: `cut before record ${i}, then all`, batches: [head, records] });
    if (i > 0)
      all.push({ name: `all but what is before ${i}, overlapping`, batches: [head, records.slice(i - 1)] });
    const { event } = logged[i]!;
    if (event?.keyed !== true) return;
    const again = logRecords([logged[i]!], 1000n);
    all.push({ name: `event ${i} logged twice, in one batch`, batches: [[...records, ...again]] });
    all.push({ name: `event ${i} logged twice, in two batches`, batches: [records, again] });
  });
  return all;
}

/** The numbers of the records that were given up, whose bytes must be there too. */
async function skips({ ports, quarantine }: CounterWorld): Promise<readonly string[]> {
  const { records } = await quarantine.list({ limit: 1000 });
  const found: string[] = [];
  for (const record of records) {
    expect(quarantineKey(record)).toContain(counterShard.shardId);
    const item = await ports.state.get(skipKey('increments', record));
    if (item?.['state'] === 'quarantined') found.push(record.sequenceNumber);
  }
  return found.sort((a, b) => Number(a) - Number(b));
}
