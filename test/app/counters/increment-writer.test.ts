import { hashPosition } from '../../../lib/adapters/records/partition-hash.ts';
import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createIncrementWriter } from '../../../lib/app/counters/increment-writer.ts';
import { readIncrement } from '../../../lib/app/counters/increment-codec.ts';
import { keyedEventId, type RequestIdentity } from '../../../lib/app/request-identity.ts';
import { parseToken } from '../../../lib/core/consistency-token.ts';
import type { AppendResult, EventLog, LogEntry } from '../../../lib/ports/event-log.ts';
import { StateStoreError, type StateStoreErrorCode } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import {
  counterItem,
  createCounterWorld,
  deliver,
  totalOf,
  type CounterWorld,
  countingAlone,
} from '../../support/counter-world.ts';
import { faultyPorts } from '../../support/faulty-ports.ts';

const identity = (keyed: boolean, nonce = keyed ? 'n' : 'u'): RequestIdentity => ({
  keyed,
  joined: false,
  adId: 'none',
  eventId: (index) => keyedEventId(nonce, index),
});
const unkeyed = { identity: identity(false) };
const withKey = { identity: identity(true) };

/** A log that answers as the script says, entry by entry, and takes what it does not refuse. */
function scriptedLog(
  inner: EventLog,
  script: (entry: LogEntry, call: number) => 'ok' | 'refused' | 'unknown' | 'unknown-written',
) {
  const calls: number[] = [];
  const log: EventLog = {
    stream: 'increments',
    epoch: '1',
    hashPosition,
    append: async (entries) => {
      calls.push(entries.length);
      const results: AppendResult[] = [];
      for (const entry of entries) {
        const outcome = script(entry, calls.length - 1);
        if (outcome === 'refused') results.push({ status: 'refused', reason: 'throttled' });
        else if (outcome === 'unknown') results.push({ status: 'unknown', reason: 'timeout' });
        else {
          const [result] = await inner.append([entry]);
          results.push(outcome === 'ok' ? result! : { status: 'unknown', reason: 'timeout' });
        }
      }
      return results;
    },
  };
  return { log, calls };
}

async function logged({ increments }: CounterWorld) {
  const records = [];
  for (const { shardId } of await increments.shards()) {
    records.push(
      ...(await increments.read(shardId, undefined, { recordsMax: 10_000, bytesMax: 10_000_000 })),
    );
  }
  return records;
}

async function countAll(world: CounterWorld): Promise<void> {
  for (const { shardId } of await world.increments.shards()) {
    const records = await world.increments.read(shardId, undefined, {
      recordsMax: 10_000,
      bytesMax: 10_000_000,
    });
    if (records.length > 0) await deliver(createAggregator(world.ports), records, { epoch: '1', shardId });
  }
}

describe('appending a request', () => {
  it('logs one event per distinct key, named by its first increment, with the exact sum', async () => {
    const world = createCounterWorld();
    const max = Number.MAX_SAFE_INTEGER;
    const increments = [
      { key: 'a', value: max },
      { key: 'b', value: 2 },
      { key: 'a', value: max },
      { key: 'a', value: 1 },
    ];
    const result = await createIncrementWriter(world.ports).append(increments, {
      ...unkeyed,
      traceparent: 'trace',
    });
    expect(result.status).toBe('accepted');
    const events = (await logged(world)).map((record) => readIncrement(record));
    expect(events.sort((x, y) => ('key' in x && 'key' in y ? x.key.localeCompare(y.key) : 0))).toMatchObject([
      {
        key: 'a',
        value: (2n * BigInt(max) + 1n).toString(),
        count: 3,
        id: keyedEventId('u', 0),
        keyed: false,
        traceparent: 'trace',
      },
      { key: 'b', value: '2', count: 1, id: keyedEventId('u', 1) },
    ]);
    expect(world.telemetry.total(metrics.incrementsAccepted)).toBe(4);
  });

  it('takes 500 increments of the largest value of one key', async () => {
    const world = createCounterWorld();
    const increments = Array.from({ length: 500 }, () => ({ key: 'a', value: Number.MAX_SAFE_INTEGER }));
    await createIncrementWriter(world.ports).append(increments, withKey);
    await countAll(world);
    expect(await totalOf(world.memoryState, 'a')).toBe(500n * BigInt(Number.MAX_SAFE_INTEGER));
  });

  it('refuses an empty request and one that is too large as a bug', async () => {
    const writer = createIncrementWriter(createCounterWorld().ports);
    await expect(writer.append([], unkeyed)).rejects.toThrow('1 to 500');
    await expect(
      writer.append(
        Array.from({ length: 501 }, () => ({ key: 'a', value: 1 })),
        unkeyed,
      ),
    ).rejects.toThrow('1 to 500');
  });

  it('gives a token per key that names where its event stands', async () => {
    const world = createCounterWorld();
    const keys = ['a', 'ключ', '%.,', '__proto__', '😀'.repeat(256)];
    const result = await createIncrementWriter(world.ports).append(
      keys.map((key) => ({ key, value: 1 })),
      unkeyed,
    );
    const tokens = result.status === 'accepted' ? result.tokens : new Map<string, string>();
    expect([...tokens.keys()]).toStrictEqual(keys);
    const records = new Map(
      (await logged(world)).map((record) => [record.partitionKey, record.sequenceNumber]),
    );
    for (const [key, token] of tokens) {
      expect(parseToken(token)).toMatchObject({
        type: 'counter',
        partitionKey: key,
        position: { epoch: '1', sequenceNumber: records.get(key) },
        issuedAtMs: world.clock.nowMs(),
      });
    }
  });
});

describe('a log that refuses', () => {
  it('is asked again for the refused entries alone', async () => {
    const world = createCounterWorld();
    const { log, calls } = scriptedLog(world.increments, ({ partitionKey }, call) =>
      call < 2 && partitionKey === 'b' ? 'refused' : 'ok',
    );
    const increments = ['a', 'b', 'c'].map((key) => ({ key, value: 1 }));
    const result = await createIncrementWriter({ ...world.ports, increments: log }).append(
      increments,
      unkeyed,
    );
    expect(result.status).toBe('accepted');
    expect(calls).toStrictEqual([3, 1, 1]);
    expect(await logged(world)).toHaveLength(3);
    expect(world.telemetry.total(metrics.appendRefused)).toBe(2);
  });

  it('for good is not asked for ever; the answer names the increments that failed', async () => {
    const world = createCounterWorld();
    const { log, calls } = scriptedLog(world.increments, ({ partitionKey }) =>
      partitionKey === 'b' ? 'refused' : 'ok',
    );
    const increments = ['b', 'a', 'b', 'c'].map((key) => ({ key, value: 1 }));
    const result = await createIncrementWriter({ ...world.ports, increments: log }).append(
      increments,
      unkeyed,
    );
    expect(result).toMatchObject({
      status: 'partial',
      failed: [
        { index: 0, ambiguous: false },
        { index: 2, ambiguous: false },
      ],
    });
    expect(result.status === 'partial' && [...result.tokens.keys()]).toStrictEqual(['a', 'c']);
    expect(calls).toStrictEqual([3, 1, 1, 1]);
  });

  it('everything makes the request unavailable, and certainly nothing logged', async () => {
    const world = createCounterWorld();
    const { log } = scriptedLog(world.increments, () => 'refused');
    const writer = createIncrementWriter({ ...world.ports, increments: log });
    expect(await writer.append([{ key: 'a', value: 1 }], unkeyed)).toStrictEqual({
      status: 'unavailable',
      ambiguous: false,
    });
    expect(world.telemetry.total(metrics.incrementsAccepted)).toBe(0);
  });
});

describe('a log that does not say', () => {
  it('is never asked again for an unkeyed increment, which would count twice', async () => {
    const world = createCounterWorld();
    const { log, calls } = scriptedLog(world.increments, () => 'unknown-written');
    const writer = createIncrementWriter({ ...world.ports, increments: log });
    expect(await writer.append([{ key: 'a', value: 5 }], unkeyed)).toStrictEqual({
      status: 'unavailable',
      ambiguous: true,
    });
    expect(calls).toStrictEqual([1]);
    await countAll(world);
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
    expect(world.telemetry.total(metrics.appendUnknown)).toBe(1);
  });

  it('is asked again for a keyed one, and the copies are absorbed', async () => {
    const world = createCounterWorld();
    const { log, calls } = scriptedLog(world.increments, (_, call) => (call < 2 ? 'unknown-written' : 'ok'));
    const result = await createIncrementWriter({ ...world.ports, increments: log }).append(
      [{ key: 'a', value: 5 }],
      withKey,
    );
    expect(result.status).toBe('accepted');
    expect(calls).toStrictEqual([1, 1, 1]);
    expect(await logged(world)).toHaveLength(3);
    await countAll(world);
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('and then refuses leaves the increment ambiguous', async () => {
    const world = createCounterWorld();
    const { log } = scriptedLog(world.increments, (_, call) => (call === 0 ? 'unknown' : 'refused'));
    const writer = createIncrementWriter({ ...world.ports, increments: log });
    expect(await writer.append([{ key: 'a', value: 5 }], withKey)).toStrictEqual({
      status: 'unavailable',
      ambiguous: true,
    });
  });
});

describe('mode=sync', () => {
  const add = (world: CounterWorld, value: number, options = unkeyed) =>
    createIncrementWriter(world.ports).addSync({ key: 'a', value }, options);

  it('adds at once and keeps its own sum apart from what the log says', async () => {
    const world = createCounterWorld();
    expect(await add(world, 5)).toStrictEqual({ total: 5n });
    await createIncrementWriter(world.ports).append([{ key: 'a', value: 100 }], unkeyed);
    await countAll(world);
    expect(await add(world, 7)).toStrictEqual({ total: 112n });
    expect(await counterItem(world.memoryState, 'a')).toMatchObject({ total: 112n, sync_total: 12n });
    expect(world.telemetry.total(metrics.incrementsSync)).toBe(2);
    expect(world.telemetry.total(metrics.countersCreated)).toBe(1);
  });

  it('adds once per key, and answers the total as it is now', async () => {
    const world = createCounterWorld();
    expect(await add(world, 5, withKey)).toStrictEqual({ total: 5n });
    expect(await add(world, 1)).toStrictEqual({ total: 6n });
    expect(await add(world, 5, withKey)).toStrictEqual({ total: 6n });
    expect(await counterItem(world.memoryState, 'a')).toMatchObject({ total: 6n, sync_total: 6n });
  });

  it.each(['lose', 'refuse', 'delay'] as const)(
    'with a key adds once whatever the store answers: %s',
    async (fault) => {
      for (let n = 0; n < 2; n += 1) {
        const world = createCounterWorld();
        const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
          call === n ? fault : undefined,
        );
        const ports = { ...world.ports, state: faulty.state };
        expect(await createIncrementWriter(ports).addSync({ key: 'a', value: 5 }, withKey)).toStrictEqual({
          total: 5n,
        });
        await faulty.runDelayed();
        expect(await totalOf(world.memoryState, 'a')).toBe(5n);
      }
    },
  );

  it('without a key is not tried again when it may have been counted', async () => {
    const world = createCounterWorld();
    const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, () => 'lose');
    const ports = { ...world.ports, state: faulty.state };
    await expect(createIncrementWriter(ports).addSync({ key: 'a', value: 5 }, unkeyed)).rejects.toThrow(
      StateStoreError,
    );
    expect(faulty.calls).toBe(1);
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it.each<[StateStoreErrorCode, boolean]>([
    ['state-conflict', true],
    ['state-throttled', true],
    ['state-full', false],
    ['state-unavailable', false],
  ])('without a key is tried again only if certainly not counted: %s, %p', async (code, isRepeated) => {
    const world = createCounterWorld(countingAlone);
    let calls = 0;
    const inner = faultyPorts(
      { state: world.memoryState, quarantine: world.quarantine },
      () => undefined,
    ).state;
    const state = {
      ...inner,
      write: () => {
        calls += 1;
        return Promise.reject(new StateStoreError(code, 'no'));
      },
    };
    await expect(
      createIncrementWriter({ ...world.ports, state }).addSync({ key: 'a', value: 5 }, unkeyed),
    ).rejects.toMatchObject({ code });
    expect(calls > 1).toBe(isRepeated);
  });
});
