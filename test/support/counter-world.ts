import { createMemoryEventLog } from './memory/memory-event-log.ts';
import { createMemoryExpirySchedule } from './memory/memory-expiry-schedule.ts';
import { createMemoryQuarantine } from './memory/memory-quarantine.ts';
import { createMemoryStateStore } from './memory/memory-state-store.ts';
import type { Aggregator } from '../../lib/app/counters/aggregator.ts';
import { encodeIncrement } from '../../lib/app/counters/increment-codec.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { RecordBatch } from '../../lib/app/record-batch.ts';
import { counterKey, seriesKey } from '../../lib/app/state-keys.ts';
import type { Incremented } from '../../lib/core/counters/increment-event.ts';
import { seriesLevels, type SeriesLevel } from '../../lib/core/counters/series.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import { queryItemsMax, type Attributes, type StateStore } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { Prng } from './prng.ts';
import { createRecordingTelemetry } from './recording-telemetry.ts';
import { createVirtualClock, virtualStartMs } from './virtual-clock.ts';

export type CounterWorld = ReturnType<typeof createCounterWorld>;

export const counterShard = { epoch: '1', shardId: 'shardId-000000000000' } as const;

/** A stage that keeps neither series nor hot keys: a counter without claims is then counted in one write. */
export const countingAlone: Partial<Ports> = {
  settings: {
    ...stageSettings('local'),
    counters: { ...stageSettings('local').counters, series: {}, topKeysSaveMs: 0 },
  },
};

/** The embedded stage with every level of series. */
const local = stageSettings('local');
const allSeries = { ...local, counters: { ...local.counters, series: stageSettings('dev').counters.series } };

/** Deliveries of one batch that a test waits for. */
const deliveriesMax = 50;

/** Every port in memory, on a virtual clock that runs by itself. */
export function createCounterWorld(overrides: Partial<Ports> = {}) {
  const clock = createVirtualClock({ autoAdvance: true });
  const telemetry = createRecordingTelemetry();
  const memoryState = createMemoryStateStore();
  const quarantine = createMemoryQuarantine();
  const increments = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 2, clock });
  const adEvents = createMemoryEventLog({ stream: 'ad-events', epoch: '1', shardCount: 1, clock });
  const ports: Ports = {
    ...{ adEvents, increments, state: memoryState, schedule: createMemoryExpirySchedule(), quarantine },
    ...{ clock, ids: seededIds(1), telemetry, settings: allSeries },
    ...overrides,
  };
  return { ports, clock, telemetry, memoryState, quarantine, increments, adEvents };
}

export function seededIds(seed: number): Ports['ids'] {
  const prng = new Prng(seed);
  const nonceBytes = Buffer.alloc(16);
  const word = (): string => prng.uint32().toString(16).padStart(8, '0');
  return {
    uuidv7: (nowMs) => {
      const time = nowMs.toString(16).padStart(12, '0');
      return `${time.slice(0, 8)}-${time.slice(8)}-7${word().slice(5)}-8${word().slice(5)}-${word()}${word().slice(4)}`;
    },
    nonce: () => {
      for (let at = 0; at < nonceBytes.length; at += 4) nonceBytes.writeUInt32BE(prng.uint32(), at);
      return nonceBytes.toString('hex');
    },
    random: () => prng.uint32() / 2 ** 32,
  };
}

/** What somebody appended: a record that has no number yet. */
export interface Logged {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** undefined: garbage. */
  readonly event: Incremented | undefined;
}

let nextEvent = 0;

/** An increment as ingest logs it; each call is another event. */
export function increment(
  key: string,
  value: number | bigint = 1,
  fields: Partial<Incremented> = {},
): Logged {
  nextEvent += 1;
  const event: Incremented = {
    v: 1,
    type: 'Incremented',
    id: nextEvent.toString(16).padStart(32, '0'),
    key,
    value: value.toString(),
    count: 1,
    keyed: false,
    at: virtualStartMs,
    ...fields,
  };
  return { partitionKey: key, data: encodeIncrement(event), event };
}

/** An increment of a request with an Idempotency-Key. */
export function keyed(key: string, value: number | bigint = 1, fields: Partial<Incremented> = {}): Logged {
  return increment(key, value, { ...fields, keyed: true });
}

/** A body that is no event, under a partition key that names a counter. */
export function garbage(partitionKey: string, text = 'not an event'): Logged {
  return { partitionKey, data: new TextEncoder().encode(text), event: undefined };
}

/** As records of one shard. Numbers from 7 on, so that they soon get another digit. */
export function logRecords(
  logged: readonly Logged[],
  firstNumber = 7n,
  arrivedAtMs = virtualStartMs,
): LogRecord[] {
  return logged.map(({ partitionKey, data }, i) => ({
    sequenceNumber: (firstNumber + BigInt(i)).toString(),
    partitionKey,
    data,
    arrivedAtMs,
  }));
}

export function batchOf(
  records: readonly LogRecord[],
  shard: { epoch: string; shardId: string } = counterShard,
): RecordBatch {
  return { stream: 'increments', epoch: shard.epoch, shardId: shard.shardId, records };
}

/** Delivers as a mapping does: again from the lowest unsettled record on, until all are settled. */
export async function deliver(
  aggregator: Aggregator,
  records: readonly LogRecord[],
  shard: { epoch: string; shardId: string } = counterShard,
): Promise<void> {
  let rest = records;
  for (let deliveries = 0; deliveries < deliveriesMax; deliveries += 1) {
    const { lowestUnsettled } = await aggregator.aggregate(batchOf(rest, shard));
    if (lowestUnsettled === undefined) return;
    const from = rest.findIndex((record) => record.sequenceNumber === lowestUnsettled);
    if (from < 0) throw new Error(`record ${lowestUnsettled} was not delivered`);
    rest = rest.slice(from);
  }
  throw new Error(`not settled after ${deliveriesMax} deliveries`);
}

/** The total of a counter; an error if it has series and any of them sums to something else. */
export async function totalOf(state: StateStore, key: string): Promise<bigint | undefined> {
  const item = await counterItem(state, key);
  const total = item?.['total'] as bigint | undefined;
  const sums = await seriesSums(state, key);
  for (const [level, sum] of Object.entries(sums)) {
    if (sum !== total) throw new Error(`the ${level} series of ${key} sums to ${sum}, the total is ${total}`);
  }
  return total;
}

/** What the buckets of each level add up to, for those levels that have any. */
export async function seriesSums(
  state: StateStore,
  key: string,
): Promise<Partial<Record<SeriesLevel, bigint>>> {
  const sums: Partial<Record<SeriesLevel, bigint>> = {};
  for (const level of seriesLevels) {
    const { table, pk } = seriesKey(key, level, 0);
    const { items } = await state.query({ table, pk, limit: queryItemsMax });
    for (const { attributes } of items) {
      for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith('b')) sums[level] = (sums[level] ?? 0n) + (value as bigint);
      }
    }
  }
  return sums;
}

export async function counterItem(state: StateStore, key: string): Promise<Attributes | undefined> {
  return state.get(counterKey(key));
}

/** The totals that the events add up to, each event id once. */
export function expectedTotals(logged: readonly Logged[]): Record<string, bigint> {
  const totals: Record<string, bigint> = {};
  const seen = new Set<string>();
  for (const { event } of logged) {
    if (event === undefined || seen.has(event.id)) continue;
    seen.add(event.id);
    totals[event.key] = (totals[event.key] ?? 0n) + BigInt(event.value);
  }
  return totals;
}

export async function totals(state: StateStore, logged: readonly Logged[]): Promise<Record<string, bigint>> {
  const found: Record<string, bigint> = {};
  for (const key of new Set(logged.map(({ partitionKey }) => partitionKey.toWellFormed()))) {
    const total = await totalOf(state, key);
    if (total !== undefined) found[key] = total;
  }
  return found;
}
