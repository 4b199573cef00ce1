import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { createAggregateIncrements } from '../../../functions/aggregate-increments/aggregate-increments.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import { readSkipState } from '../../../lib/app/quarantine/skip-state.ts';
import { eventValueMax, incrementsPerEventMax } from '../../../lib/core/counters/increment-event.ts';
import { namedItem } from '../../../lib/core/counters/group-records.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import { createCounterWorld, totalOf, type CounterWorld } from '../../support/counter-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';
import { add } from '../http/tally.ts';
import { deliverAll, shard, type DeliveryPlan } from './deliver.ts';
import { mutations, type Mutation } from './mutations.ts';

interface IncrementRecord {
  readonly key: string;
  readonly lane: string;
  readonly value: number;
  readonly keyed: boolean;
  /** Stands in the log a second time, as a repeated request's event does. */
  readonly again: boolean;
  readonly mutation: Mutation;
  /** Instead of the one that belongs to it. */
  readonly partitionKey: string | undefined;
  /** So old that each try is written down before. */
  readonly old: boolean;
}

export interface IncrementCase {
  readonly records: readonly IncrementRecord[];
  readonly plan: DeliveryPlan;
}

const keys = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', 'ключ', 'x'.repeat(200)),
  fc.string({ minLength: 1, maxLength: 10 }).filter((key) => !/\p{Cc}/u.test(key)),
);
const strangeKeys = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.constantFrom(
    '\ud800',
    'a\u0001',
    '\u0001',
    '\u0001a',
    'a\u0001b\u0001c',
    '\udfffa',
    'b',
    'x'.repeat(256),
    '\u0000',
  ),
);

export const plans = (stream: DeliveryPlan['stream']): fc.Arbitrary<DeliveryPlan> =>
  fc.record({
    stream: fc.constant(stream),
    sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
    again: fc.constantFrom('no', 'no', 'after', 'beside'),
  });

export const incrementCases: fc.Arbitrary<IncrementCase> = fc.record({
  records: fc.array(
    fc.record<IncrementRecord>({
      key: keys,
      lane: fc.constantFrom('', '', '', 'lane-1'),
      value: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(Number.MAX_SAFE_INTEGER)),
      keyed: fc.boolean(),
      again: fc.boolean(),
      mutation: mutations,
      partitionKey: fc.oneof(
        { weight: 9, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: strangeKeys },
      ),
      old: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 1, maxLength: 60, size: 'max' },
  ),
  plan: plans('increments'),
});

/** Consumes the records and compares. Rejects when a total is wrong, a record lost or the function stuck. */
export async function runIncrements(
  { records, plan }: IncrementCase,
  ends: Map<string, number>,
  makeConsumer = (world: CounterWorld) => createAggregateIncrements(world.ports),
): Promise<void> {
  const world = createCounterWorld();
  const logged = toLog(records);
  const consume = makeConsumer(world);
  await deliverAll((event) => consume(event, {} as never), logged, plan);

  const expected = new Map<string, bigint>();
  const poison: LogRecord[] = [];
  const seen = new Set<string>();
  for (const record of logged) {
    const event = judge(record);
    if (event === undefined) poison.push(record);
    else if (!seen.has(event.id)) {
      seen.add(event.id);
      expected.set(event.key, (expected.get(event.key) ?? 0n) + event.value);
    }
    add(ends, event === undefined ? 'quarantined' : 'counted');
  }
  const named = new Set(logged.map(({ partitionKey }) => namedItem(partitionKey).counterKey));
  const totals = async (): Promise<Map<string, bigint>> => {
    const found = new Map<string, bigint>();
    for (const key of new Set([...expected.keys(), ...named])) {
      const total = await totalOf(world.ports.state, key);
      if (total !== undefined) found.set(key, total);
    }
    return found;
  };
  expectSame(await totals(), expected, 'totals');

  const kept = await world.quarantine.list({ limit: 1000 });
  expectSame(new Set(kept.records.map(numberOf)), new Set(poison.map(numberOf)), 'records in the quarantine');
  const redrive = createRedrive(world.ports);
  for (const { sequenceNumber } of poison) {
    const id = { stream: 'increments', ...shard, sequenceNumber } as const;
    expectSame(await readSkipState(world.ports, id), 'quarantined', `state of record ${sequenceNumber}`);
    expectSame((await redrive.redrive(id)).status, 'refused', 'a redrive of poison');
    expectSame((await redrive.redrive(id)).status, 'refused', 'a second redrive of poison');
    expectSame((await redrive.drop(id)).status, 'dropped', 'a drop');
    expectSame((await redrive.redrive(id)).status, 'not-quarantined', 'a redrive of what was dropped');
  }
  expectSame(await totals(), expected, 'totals after redrives');
}

function numberOf({ sequenceNumber }: { readonly sequenceNumber: string }): string {
  return sequenceNumber;
}

export function expectSame(is: unknown, wanted: unknown, what: string): void {
  if (isDeepStrictEqual(is, wanted)) return;
  throw new Error(`${what}: ${show(is)} and not ${show(wanted)}`);
}

function show(value: unknown): string {
  const plain = value instanceof Map || value instanceof Set ? [...value] : value;
  return JSON.stringify(plain, (_name, inner: unknown) =>
    typeof inner === 'bigint' ? String(inner) : inner,
  ).slice(0, 2000);
}

function toLog(records: readonly IncrementRecord[]): LogRecord[] {
  const once = records.map((record, index) => {
    const { key, lane, value, keyed, mutation, old } = record;
    const id = createHash('sha256').update(String(index)).digest('hex').slice(0, 32);
    const event = {
      v: 1,
      type: 'Incremented',
      id,
      key,
      value: String(value),
      count: 1,
      keyed,
      at: virtualStartMs,
    };
    const data = mutation.apply(Buffer.from(JSON.stringify(event)));
    const partitionKey = record.partitionKey ?? (lane === '' ? key : `${key}\u0001${lane}`);
    return { partitionKey, data, arrivedAtMs: virtualStartMs - (old ? 120_000 : 0) };
  });
  const repeats = once.filter((_record, index) => {
    const { again, keyed, mutation } = records[index] as IncrementRecord;
    return again && keyed && mutation.what === 'as it was';
  });
  return [...once, ...repeats].map((record, index) => ({ ...record, sequenceNumber: String(index + 7) }));
}

/**
 * What a record is, by the words of the contract and not by the product's code; undefined: nothing to count.
 */
function judge({ data, partitionKey }: LogRecord): { id: string; key: string; value: bigint } | undefined {
  let event: Record<string, unknown> | null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
    event = JSON.parse(text) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return undefined;
  const { v, type, id, key, value, count, keyed, at, traceparent } = event;
  if (v !== 1 || type !== 'Incremented' || typeof keyed !== 'boolean') return undefined;
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) return undefined;
  if (typeof key !== 'string' || !key.isWellFormed() || !/^\P{Cc}{1,256}$/u.test(key)) return undefined;
  if (typeof value !== 'string' || !/^[1-9]\d{0,18}$/.test(value) || BigInt(value) > eventValueMax)
    return undefined;
  if (!isWhole(count, 1, incrementsPerEventMax) || !isWhole(at, 0, Number.MAX_SAFE_INTEGER)) return undefined;
  if (traceparent !== undefined && typeof traceparent !== 'string') return undefined;
  return partitionKey.split('\u0001')[0] === key ? { id, key, value: BigInt(value) } : undefined;
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}
