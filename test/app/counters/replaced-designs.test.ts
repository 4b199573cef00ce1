import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createIncrementWriter } from '../../../lib/app/counters/increment-writer.ts';
import { createIdempotency } from '../../../lib/app/idempotency.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import { incrementClaimKey } from '../../../lib/app/state-keys.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import type { WriteAction } from '../../../lib/ports/state-store.ts';
import {
  batchOf,
  counterShard,
  createCounterWorld,
  deliver,
  garbage,
  increment,
  keyed,
  logRecords,
  totalOf,
  totals,
  type CounterWorld,
  countingAlone,
} from '../../support/counter-world.ts';
import { faultyPorts } from '../../support/faulty-ports.ts';

const hourMs = 3_600_000;

/** Whether the store of a world is out. */
function worldWithSwitch() {
  const memory = createCounterWorld();
  const outage = { state: false, quarantine: false };
  const ports = faultyPorts({ state: memory.memoryState, quarantine: memory.quarantine }, () =>
    outage.state ? 'refuse' : undefined,
  );
  const quarantinePorts = faultyPorts({ state: memory.memoryState, quarantine: memory.quarantine }, () =>
    outage.quarantine ? 'refuse' : undefined,
  );
  const world: CounterWorld = {
    ...memory,
    ports: { ...memory.ports, state: ports.state, quarantine: quarantinePorts.quarantine },
  };
  return { world, outage };
}

/** All that the log of increments holds, as batches of one shard each. */
async function logged({
  increments,
}: CounterWorld): Promise<{ shardId: string; records: readonly LogRecord[] }[]> {
  const shards = await increments.shards();
  return Promise.all(
    shards.map(async ({ shardId }) => ({
      shardId,
      records: await increments.read(shardId, undefined, { recordsMax: 10_000, bytesMax: 10_000_000 }),
    })),
  );
}

async function consume(world: CounterWorld): Promise<void> {
  for (const { shardId, records } of await logged(world)) {
    if (records.length > 0) await deliver(createAggregator(world.ports), records, { epoch: '1', shardId });
  }
}

describe('faults of the designs this one replaces', () => {
  it('a failed flush loses no increment that it says it retries', async () => {
    const { world, outage } = worldWithSwitch();
    const records = logRecords([increment('a', 1), increment('b', 2), keyed('a', 4)]);
    outage.state = true;
    expect(await createAggregator(world.ports).aggregate(batchOf(records))).toStrictEqual({
      lowestUnsettled: '7',
    });
    outage.state = false;
    await deliver(createAggregator(world.ports), records);
    expect(await totals(world.memoryState, [increment('a'), increment('b')])).toStrictEqual({ a: 5n, b: 2n });
  });

  it('a failed flush reports its lowest record by number, not by text or by place', async () => {
    const { world, outage } = worldWithSwitch();
    outage.state = true;
    const records = logRecords([increment('a'), increment('b'), increment('c')], 9n).toReversed();
    expect(await createAggregator(world.ports).aggregate(batchOf(records))).toStrictEqual({
      lowestUnsettled: '9',
    });
  });

  it('a partly failed flush reports its lowest record and counts the rest once', async () => {
    const memory = createCounterWorld(countingAlone);
    let broken = true;
    const isB = (action: WriteAction): boolean => action.key.pk === 'counter#b';
    const { state } = faultyPorts(
      { state: memory.memoryState, quarantine: memory.quarantine },
      () => undefined,
    );
    const refusing = faultyPorts(
      { state: memory.memoryState, quarantine: memory.quarantine },
      () => 'refuse',
    ).state;
    const choosy = {
      ...state,
      writeEach: async (actions: Parameters<typeof state.writeEach>[0]) =>
        (
          await Promise.all(
            actions.map((action) => (broken && isB(action) ? refusing : state).writeEach([action])),
          )
        ).flat(),
    };
    const aggregator = createAggregator({ ...memory.ports, state: choosy });
    const records = logRecords([
      increment('a', 1),
      increment('b', 2),
      increment('a', 4),
      increment('b', 8),
      increment('c', 16),
    ]);
    expect(await aggregator.aggregate(batchOf(records))).toStrictEqual({ lowestUnsettled: '8' });
    expect(await totals(memory.memoryState, [increment('a'), increment('b'), increment('c')])).toStrictEqual({
      a: 5n,
      c: 16n,
    });
    broken = false;
    await deliver(aggregator, records.slice(1));
    expect(await totals(memory.memoryState, [increment('a'), increment('b'), increment('c')])).toStrictEqual({
      a: 5n,
      b: 10n,
      c: 16n,
    });
  });

  it('two first writes of one key crash nobody and re-apply nothing', async () => {
    const world = createCounterWorld();
    const writer = createIncrementWriter(world.ports);
    const identity = () => createIdempotency(world.ports).unkeyed();
    const records = logRecords([increment('a', 1), increment('a', 2)]);
    await Promise.all([
      createAggregator(world.ports).aggregate(batchOf(records.slice(0, 1))),
      createAggregator(world.ports).aggregate(batchOf(records)),
      createAggregator(world.ports).aggregate(
        batchOf(logRecords([increment('a', 4)]), { epoch: '1', shardId: 'other' }),
      ),
      writer.addSync({ key: 'a', value: 8 }, { identity: identity() }),
      writer.addSync({ key: 'a', value: 16 }, { identity: identity() }),
    ]);
    expect(await totalOf(world.memoryState, 'a')).toBe(31n);
  });

  it('an increment is acknowledged only once the log has it', async () => {
    const world = createCounterWorld();
    const result = await createIncrementWriter(world.ports).append([{ key: 'a', value: 5 }], {
      identity: createIdempotency(world.ports).unkeyed(),
    });
    expect(result.status).toBe('accepted');
    expect((await logged(world)).flatMap(({ records }) => records)).toHaveLength(1);
    // Every container may be gone now: a new one counts it.
    await consume(world);
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('the queue is not acked before the write: no record is settled while its counter is not written', async () => {
    const { world, outage } = worldWithSwitch();
    outage.state = true;
    const records = logRecords([keyed('a'), garbage('b'), increment('c')]);
    for (const record of records) {
      expect(await createAggregator(world.ports).aggregate(batchOf([record]))).toStrictEqual({
        lowestUnsettled: record.sequenceNumber,
      });
    }
  });

  it('a rejected message does not stop the consumer', async () => {
    const world = createCounterWorld();
    const records = logRecords([garbage('a'), increment('a', 1), garbage('b'), increment('a', 2)]);
    expect(await createAggregator(world.ports).aggregate(batchOf(records))).toStrictEqual({
      lowestUnsettled: undefined,
    });
    expect(await totalOf(world.memoryState, 'a')).toBe(3n);
  });

  it('a value too large blocks nobody: it is set aside, and the others of its key are counted', async () => {
    const world = createCounterWorld();
    const tooLarge = { ...increment('a'), event: undefined };
    const body = Buffer.from(tooLarge.data)
      .toString()
      .replace('"value":"1"', '"value":"99999999999999999999999999999999999999"');
    const records = logRecords([
      increment('a', 1),
      { ...tooLarge, data: Buffer.from(body) },
      increment('a', 2),
      increment('b', 4),
    ]);
    expect(await createAggregator(world.ports).aggregate(batchOf(records))).toStrictEqual({
      lowestUnsettled: undefined,
    });
    expect(await totals(world.memoryState, [increment('a'), increment('b')])).toStrictEqual({ a: 3n, b: 4n });
    expect(
      (await world.quarantine.list({ limit: 10 })).records.map(({ sequenceNumber }) => sequenceNumber),
    ).toStrictEqual(['8']);
  });

  it('a record that the quarantine cannot take holds up its own counter alone', async () => {
    const { world, outage } = worldWithSwitch();
    outage.quarantine = true;
    const records = logRecords([
      increment('a', 1),
      garbage('a'),
      increment('a', 2),
      keyed('b', 4),
      increment('c', 8),
    ]);
    expect(await createAggregator(world.ports).aggregate(batchOf(records))).toStrictEqual({
      lowestUnsettled: '8',
    });
    expect(await totals(world.memoryState, [increment('a'), increment('b'), increment('c')])).toStrictEqual({
      a: 1n,
      b: 4n,
      c: 8n,
    });
    outage.quarantine = false;
    await deliver(createAggregator(world.ports), records.slice(1));
    expect(await totalOf(world.memoryState, 'a')).toBe(3n);
  });

  it('a commit that times out is counted once, applied before the retry or long after it', async () => {
    for (const fault of ['lose', 'delay'] as const) {
      for (const event of [increment('a', 5), keyed('a', 5)]) {
        const memory = createCounterWorld();
        const faulty = faultyPorts({ state: memory.memoryState, quarantine: memory.quarantine }, (call) =>
          call === 0 ? fault : undefined,
        );
        await deliver(createAggregator({ ...memory.ports, state: faulty.state }), logRecords([event]));
        await faulty.runDelayed();
        expect(await totalOf(memory.memoryState, 'a')).toBe(5n);
      }
    }
  });

  it('writers of the same keys in opposite orders do not deadlock', async () => {
    const world = createCounterWorld();
    const keys = Array.from({ length: 60 }, (_, i) => `key-${i}`);
    const forwards = logRecords(keys.map((key, i) => (i % 2 === 0 ? keyed(key, 1) : increment(key, 1))));
    const backwards = logRecords(
      keys.toReversed().map((key, i) => (i % 3 === 0 ? keyed(key, 2) : increment(key, 2))),
    );
    const outcomes = await Promise.all([
      createAggregator(world.ports).aggregate(batchOf(forwards)),
      createAggregator(world.ports).aggregate(batchOf(backwards, { epoch: '1', shardId: 'other' })),
    ]);
    expect(outcomes).toStrictEqual([{ lowestUnsettled: undefined }, { lowestUnsettled: undefined }]);
    for (const key of keys) expect(await totalOf(world.memoryState, key)).toBe(3n);
  });

  it('an event logged again long after 10 minutes is still absorbed', async () => {
    const world = createCounterWorld();
    const event = keyed('a', 5);
    await deliver(createAggregator(world.ports), logRecords([event]));
    await world.clock.advance(8 * 24 * hourMs);
    await world.memoryState.sweepExpired(world.clock.nowMs() / 1000, 1000);
    await deliver(createAggregator(world.ports), logRecords([event], 5000n));
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('a retry that is batched otherwise is absorbed', async () => {
    const world = createCounterWorld();
    const records = logRecords(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? increment('a', 2 ** i) : keyed('a', 2 ** i))),
    );
    const aggregator = createAggregator(world.ports);
    for (const [from, to] of [
      [0, 7],
      [3, 12],
      [0, 20],
      [11, 13],
      [5, 20],
    ] as const) {
      await deliver(aggregator, records.slice(from, to));
    }
    expect(await totalOf(world.memoryState, 'a')).toBe(2n ** 20n - 1n);
  });

  it('a changed payload under an old key is refused, not lost in silence', async () => {
    const world = createCounterWorld();
    const idempotency = createIdempotency(world.ports);
    const request = { principal: 'p', key: 'k', fingerprint: 'one' };
    const answer = { statusCode: 202, headers: {}, body: '{}' };
    await idempotency.run(request, () => Promise.resolve(answer));
    const other = idempotency.run({ ...request, fingerprint: 'two' }, () =>
      Promise.reject(new Error('must not run')),
    );
    expect(await other).toStrictEqual({ status: 'mismatch' });
  });

  it('an idempotency key used again after its expiry is not swallowed by an old claim', async () => {
    const world = createCounterWorld();
    const idempotency = createIdempotency(world.ports);
    const writer = createIncrementWriter(world.ports);
    const request = { principal: 'p', key: 'k', fingerprint: 'one' };
    const send = () =>
      idempotency.run(request, async (identity) => {
        expect((await writer.append([{ key: 'a', value: 5 }], { identity })).status).toBe('accepted');
        return { statusCode: 202, headers: {}, body: '{}' };
      });
    expect(await send()).toMatchObject({ replayed: false });
    expect(await send()).toMatchObject({ replayed: true });
    await consume(world);
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
    // The record has expired, but neither it nor the claim has been deleted: stores take their time.
    await world.clock.advance(24 * hourMs + 1000);
    expect(await send()).toMatchObject({ replayed: false });
    await consume(world);
    expect(await totalOf(world.memoryState, 'a')).toBe(10n);
  });

  it('a claim that has expired and is still there absorbs its own event', async () => {
    const world = createCounterWorld();
    const event = keyed('a', 5);
    await deliver(createAggregator(world.ports), logRecords([event]));
    await world.clock.advance(40 * 24 * hourMs);
    expect(await world.memoryState.get(incrementClaimKey(event.event!.id))).toBeDefined();
    await deliver(createAggregator(world.ports), logRecords([event], 5000n));
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('records that an outage held up are not given up, and so never counted again by redrive', async () => {
    const { world, outage } = worldWithSwitch();
    const records = logRecords([increment('a', 5)]);
    outage.state = true;
    for (let tries = 0; tries < 20; tries += 1) {
      await world.clock.advance(60_000);
      await createAggregator(world.ports).aggregate(batchOf(records));
    }
    outage.state = false;
    await deliver(createAggregator(world.ports), records);
    expect((await world.quarantine.list({ limit: 10 })).records).toStrictEqual([]);
    const id = { stream: 'increments', ...counterShard, sequenceNumber: '7' } as const;
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({
      status: 'not-quarantined',
      state: undefined,
    });
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });
});
