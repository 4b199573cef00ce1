import { hashPosition } from '../../../lib/adapters/records/partition-hash.ts';
import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import { giveUpIncrement } from '../../../lib/app/quarantine/give-up.ts';
import { incrementClaimKey, skipKey } from '../../../lib/app/state-keys.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import type { StreamName } from '../../../lib/core/streams.ts';
import {
  counterItem,
  counterShard,
  createCounterWorld,
  deliver,
  garbage,
  increment,
  keyed,
  logRecords,
  totalOf,
  type CounterWorld,
  type Logged,
} from '../../support/counter-world.ts';
import { faultyPorts } from '../../support/faulty-ports.ts';

const id = { stream: 'increments', ...counterShard, sequenceNumber: '7' } as const;

/** A world where record 7 was given up although it can be counted, as one that killed the function. */
async function givenUp(logged: Logged, world = createCounterWorld()): Promise<CounterWorld> {
  const [record] = logRecords([logged]);
  const result = await giveUpIncrement(world.ports, {
    shard: counterShard,
    record: record!,
    reason: 'kills the function',
  });
  expect(result).toBe('quarantined');
  return world;
}

const stateOf = async (world: CounterWorld) =>
  (await world.memoryState.get(skipKey('increments', id)))?.['state'];

describe('redriving an increment', () => {
  it.each([increment, keyed])(
    'counts it once, however often and however parallel it is asked for',
    async (make) => {
      const world = await givenUp(make('a', 5, { count: 3 }));
      const redrive = createRedrive(world.ports);
      const results = await Promise.all([redrive.redrive(id), redrive.redrive(id), redrive.redrive(id)]);
      results.push(await redrive.redrive(id));
      expect(results.filter(({ status }) => status === 'counted')).toStrictEqual([
        { status: 'counted', count: 3 },
      ]);
      expect(results.at(-1)).toStrictEqual({ status: 'not-quarantined', state: 'counted' });
      expect(await totalOf(world.memoryState, 'a')).toBe(5n);
      expect(await stateOf(world)).toBe('counted');
      expect(await world.quarantine.get(id)).toBeUndefined();
      expect(world.telemetry.total(metrics.recordsRedriven)).toBe(1);
    },
  );

  it('leaves the mark where it is and lets the log go on', async () => {
    const world = await givenUp(increment('a', 5));
    const before = await counterItem(world.memoryState, 'a');
    await createRedrive(world.ports).redrive(id);
    expect(await counterItem(world.memoryState, 'a')).toMatchObject(before!);
    await deliver(createAggregator(world.ports), logRecords([increment('a', 5), increment('a', 2)]));
    expect(await totalOf(world.memoryState, 'a')).toBe(7n);
  });

  it('adds nothing when the event was counted through another record', async () => {
    const event = keyed('a', 5);
    const world = await givenUp(event);
    await deliver(createAggregator(world.ports), logRecords([event], 100n));
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({ status: 'counted-before' });
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
    expect(await stateOf(world)).toBe('counted');
  });

  it('makes later copies of the event repeats, also when the client comes after the redrive', async () => {
    const event = keyed('a', 5);
    const world = await givenUp(event);
    await createRedrive(world.ports).redrive(id);
    expect(await world.memoryState.get(incrementClaimKey(event.event!.id))).toBeDefined();
    await deliver(createAggregator(world.ports), logRecords([event], 100n));
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('refuses what is no event, with the reason, and keeps it', async () => {
    const world = createCounterWorld();
    await deliver(createAggregator(world.ports), logRecords([garbage('a')]));
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({
      status: 'refused',
      reason: 'not JSON in UTF-8',
    });
    expect(await stateOf(world)).toBe('quarantined');
    expect(await world.quarantine.get(id)).toBeDefined();
  });

  it('does nothing without a skip item: its writer stored the bytes and did not finish, and the record is still to come', async () => {
    const world = createCounterWorld();
    const [record] = logRecords([increment('a', 5)]);
    const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
      call === 1 ? 'refuse' : undefined,
    );
    const ports = { ...world.ports, state: faulty.state, quarantine: faulty.quarantine };
    const giving = giveUpIncrement(ports, { shard: counterShard, record: record!, reason: 'r' });
    await expect(giving).rejects.toMatchObject({ code: 'state-unavailable' });
    expect(await world.quarantine.get(id)).toBeDefined();
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({
      status: 'not-quarantined',
      state: undefined,
    });
    expect(await world.quarantine.get(id)).toBeDefined();
    await deliver(createAggregator(world.ports), [record!]);
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({
      status: 'not-quarantined',
      state: undefined,
    });
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('says so when the bytes are gone', async () => {
    const world = await givenUp(increment('a', 5));
    await world.quarantine.remove(id);
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({ status: 'bytes-missing' });
  });

  it('is done even if the bytes cannot be removed; the next asking removes them', async () => {
    const world = await givenUp(increment('a', 5));
    const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
      call === 1 ? 'refuse' : undefined,
    );
    const ports = { ...world.ports, quarantine: faulty.quarantine };
    expect(await createRedrive(ports).redrive(id)).toStrictEqual({ status: 'counted', count: 1 });
    expect(await world.quarantine.get(id)).toBeDefined();
    await createRedrive(ports).redrive(id);
    expect(await world.quarantine.get(id)).toBeUndefined();
  });
});

describe('giving up', () => {
  it('does nothing to a record that was settled before, counted or given up', async () => {
    const world = createCounterWorld();
    const [record] = logRecords([increment('a', 5)]);
    await deliver(createAggregator(world.ports), [record!]);
    const again = { shard: counterShard, record: record!, reason: 'r' };
    expect(await giveUpIncrement(world.ports, again)).toBe('settled-before');
    expect(await stateOf(world)).toBeUndefined();
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('again after a redrive does not open the record once more', async () => {
    const world = await givenUp(increment('a', 5));
    await createRedrive(world.ports).redrive(id);
    const [record] = logRecords([increment('a', 5)]);
    const again = { shard: counterShard, record: record!, reason: 'r' };
    expect(await giveUpIncrement(world.ports, again)).toBe('settled-before');
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({
      status: 'not-quarantined',
      state: 'counted',
    });
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });
});

describe('dropping', () => {
  it('ends a record on record; no redrive counts it after that', async () => {
    const world = await givenUp(increment('a', 5));
    const redrive = createRedrive(world.ports);
    expect(await redrive.drop(id)).toStrictEqual({ status: 'dropped' });
    expect(await redrive.drop(id)).toStrictEqual({ status: 'not-quarantined', state: 'dropped' });
    expect(await redrive.redrive(id)).toStrictEqual({ status: 'not-quarantined', state: 'dropped' });
    expect(await totalOf(world.memoryState, 'a')).toBeUndefined();
    expect(await world.quarantine.get(id)).toBeUndefined();
  });

  it('does not touch what was counted, or never given up', async () => {
    const world = await givenUp(increment('a', 5));
    const redrive = createRedrive(world.ports);
    await redrive.redrive(id);
    expect(await redrive.drop(id)).toStrictEqual({ status: 'not-quarantined', state: 'counted' });
    expect(await redrive.drop({ ...id, sequenceNumber: '8' })).toStrictEqual({
      status: 'not-quarantined',
      state: undefined,
    });
  });

  it('and redriving at once end in one of the two', async () => {
    const world = await givenUp(increment('a', 5));
    const redrive = createRedrive(world.ports);
    await Promise.all([redrive.redrive(id), redrive.drop(id)]);
    expect(await totalOf(world.memoryState, 'a')).toBe((await stateOf(world)) === 'counted' ? 5n : undefined);
  });
});

describe('redriving an ad event', () => {
  const adId = { ...id, stream: 'ad-events' as StreamName };
  const event = {
    v: 1,
    type: 'AdDeleted',
    id: 'a'.repeat(32),
    adId: '01990000-0000-7000-8000-000000000000',
    at: 5,
  };

  async function quarantined(body: string, world = createCounterWorld()): Promise<CounterWorld> {
    const base = { partitionKey: 'ads', arrivedAtMs: 1, quarantinedAtMs: 2, reason: 'r' };
    await world.quarantine.store({ ...adId, ...base, data: new TextEncoder().encode(body) });
    await world.memoryState.write({
      type: 'put',
      key: skipKey('ad-events', adId),
      attributes: { state: 'quarantined', reason: 'r' },
    });
    return world;
  }

  const logged = async ({ adEvents }: CounterWorld) =>
    adEvents.read('shardId-000000000000', undefined, { recordsMax: 10, bytesMax: 100_000 });

  it('appends the same bytes once more, and once however often it is asked for in turn', async () => {
    const world = await quarantined(JSON.stringify(event));
    const redrive = createRedrive(world.ports);
    expect(await redrive.redrive(adId)).toStrictEqual({ status: 'redriven' });
    expect(await redrive.redrive(adId)).toStrictEqual({ status: 'not-quarantined', state: 'redriven' });
    const records = await logged(world);
    expect(
      records.map(({ partitionKey, data }) => [partitionKey, Buffer.from(data).toString()]),
    ).toStrictEqual([['ads', JSON.stringify(event)]]);
    expect(await world.quarantine.get(adId)).toBeUndefined();
  });

  it('appends nothing that the projector would only give up again', async () => {
    const world = await quarantined('garbage');
    expect(await createRedrive(world.ports).redrive(adId)).toStrictEqual({
      status: 'refused',
      reason: 'not JSON in UTF-8',
    });
    expect(await logged(world)).toStrictEqual([]);
  });

  it('keeps the record when the log does not take it', async () => {
    for (const status of ['refused', 'unknown'] as const) {
      const world = await quarantined(JSON.stringify(event));
      const adEvents = {
        stream: 'ad-events',
        epoch: '1',
        hashPosition,
        append: () => Promise.resolve([{ status, reason: 'no' }]),
      } as const;
      const redrive = createRedrive({ ...world.ports, adEvents });
      expect(await redrive.redrive(adId)).toStrictEqual({ status: 'log-unavailable' });
      expect(await createRedrive(world.ports).redrive(adId)).toStrictEqual({ status: 'redriven' });
    }
  });
});
