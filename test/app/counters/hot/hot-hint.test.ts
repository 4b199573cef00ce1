import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../../lib/app/counters/aggregator.ts';
import { createControlFollower } from '../../../../lib/app/control/control-follower.ts';
import { withControl } from '../../../../lib/app/control/with-control.ts';
import { createIncrementWriter } from '../../../../lib/app/counters/increment-writer.ts';
import { keyedEventId } from '../../../../lib/app/request-identity.ts';
import type { Ports } from '../../../../lib/app/ports.ts';
import { StateStoreError, type Attributes, type StateStore } from '../../../../lib/ports/state-store.ts';
import { stageSettings } from '../../../../lib/stages.ts';
import { createCounterWorld, increment, totalOf } from '../../../support/counter-world.ts';

const hintKey = { table: 'counters', pk: 'control', sk: 'hot' } as const;
const dev = stageSettings('dev');

function build(state: (memory: StateStore) => StateStore = (memory) => memory) {
  const plain = createCounterWorld({ settings: dev });
  const { memoryState, clock } = plain;
  const ports: Ports = { ...plain.ports, state: state(memoryState) };
  let next = 1;
  /** A container of its own gets one batch: so many records of each partition key within `spanMs`. */
  const batch = async (
    counts: Readonly<Record<string, number>>,
    spanMs = 1000,
    aggregator = createAggregator(ports),
  ) => {
    const atMs = clock.nowMs();
    const all = Object.entries(counts).flatMap(([partitionKey, count]) =>
      Array.from({ length: count }, () => ({
        ...increment(partitionKey.split('\u0001')[0] ?? ''),
        partitionKey,
      })),
    );
    const records = all.map(({ partitionKey, data }, i) => ({
      ...{ partitionKey, data, sequenceNumber: String((next += 1)) },
      arrivedAtMs: atMs - spanMs + Math.round((spanMs * (i + 1)) / all.length),
    }));
    const outcome = await aggregator.aggregate({
      ...{ stream: 'increments', epoch: '1', shardId: 'shardId-000000000000', records },
    });
    expect(outcome).toEqual({ lowestUnsettled: undefined });
  };
  const hint = async (): Promise<Attributes | undefined> => memoryState.get(hintKey);
  /** Keys and lanes. */
  const hot = async (): Promise<unknown[]> =>
    (JSON.parse(String((await hint())?.['keys'] ?? '[]')) as unknown[][]).map((row) => row.slice(0, 2));
  return { ...plain, ports, batch, hint, hot };
}

describe('the hint of hot counters', () => {
  it('is neither read nor written while nothing is hot', async () => {
    const touched: string[] = [];
    const { batch } = build((memory) => ({
      ...memory,
      get: (key) => {
        touched.push(key.sk);
        return memory.get(key);
      },
      query: (range) => memory.query(range),
      getMany: (keys) => memory.getMany(keys),
      writeEach: (actions) => memory.writeEach(actions),
      transact: (actions) => memory.transact(actions),
      transactEach: (all) => memory.transactEach(all),
      write: (action) => {
        touched.push(action.key.sk);
        return memory.write(action);
      },
    }));
    await batch({ a: 190, b: 30 });
    expect(touched).not.toContain('hot');
    await batch({ a: 210, b: 30 });
    expect(touched.filter((sk) => sk === 'hot')).toHaveLength(2);
  });

  it('names a counter by its busiest partition key, over the time that the batch spans', async () => {
    const { batch, hot, hint, clock } = build();
    await batch({ a: 690, b: 150 }, 3500);
    expect(await hot()).toEqual([]);
    await batch({ a: 700, b: 150 }, 2000);
    expect(await hot()).toEqual([['a', 4]]);
    expect((await hint())?.['expires_at']).toBe(BigInt(Math.ceil((clock.nowMs() + 3_600_000) / 1000)));
    // No more than a second's worth is a rate.
    await batch({ c: 150 }, 10);
    expect(await hot()).toEqual([['a', 4]]);
  });

  it('holds what several containers have found, each looking every two seconds', async () => {
    const { batch, hot, ports, clock } = build();
    const one = createAggregator(ports);
    await batch({ a: 300 }, 1000, one);
    await batch({ b: 900 }, 1000, one);
    expect(await hot()).toEqual([['a', 4]]);
    await batch({ b: 900 });
    expect(await hot()).toEqual([
      ['b', 10],
      ['a', 4],
    ]);
    await clock.advance(2000);
    await batch({ c: 500 }, 1000, one);
    expect(await hot()).toEqual([
      ['b', 10],
      ['c', 6],
      ['a', 4],
    ]);
  });

  it('is renewed by a lane that is busy, and a counter that is not spread does not renew it', async () => {
    const { batch, hint, clock } = build();
    await batch({ a: 900 });
    const first = await hint();
    await clock.advance(20_000);
    await batch({ a: 100 });
    expect(await hint()).toEqual(first);
    await batch({ 'a\u00013': 100 });
    expect(await hint()).not.toEqual(first);
  });

  it('holds no key that cannot be spread', async () => {
    const { batch, hot } = build();
    await batch({ ['x'.repeat(247)]: 300 });
    expect(await hot()).toEqual([]);
    await batch({ ['x'.repeat(246)]: 300 });
    expect(await hot()).toHaveLength(1);
  });

  it.each([
    ['no JSON', '['],
    ['no list', '{"a":4}'],
    ['rows of another form', '[1,["a"],["a",1,2,3],["a",33,2,3],["\\u0001",4,2,3],["a",4,2.5,3]]'],
    ['a number', 7n],
  ])('that is spoilt is as none, and written anew: %s', async (_, keys) => {
    const { batch, hot, memoryState, ports } = build();
    await memoryState.write({ type: 'put', key: hintKey, attributes: { keys } });
    const follower = createControlFollower(ports, 0, { hotKeys: true });
    await follower.check();
    expect(follower.current.hotKeys).toBeUndefined();
    await batch({ a: 300 });
    expect(await hot()).toEqual([['a', 4]]);
  });

  it('loses to another container’s, or to a store that fails, and counting goes on', async () => {
    let meanwhile: (() => Promise<unknown>) | undefined;
    let isDown = false;
    const { batch, hot, memoryState, telemetry } = build((memory) => ({
      get: async (key) => {
        const item = await memory.get(key);
        if (key.sk === 'hot') await meanwhile?.();
        return item;
      },
      query: (range) => memory.query(range),
      getMany: (keys) => memory.getMany(keys),
      writeEach: (actions) => memory.writeEach(actions),
      transact: (actions) => memory.transact(actions),
      transactEach: (all) => memory.transactEach(all),
      write: (action) => {
        if (isDown && action.key.sk === 'hot')
          return Promise.reject(new StateStoreError('state-throttled', 'full'));
        return memory.write(action);
      },
    }));
    const others = { keys: `[["z",8,${Date.now()},${Date.now()}]]` };
    meanwhile = () => memoryState.write({ type: 'put', key: hintKey, attributes: others });
    await batch({ a: 300 });
    expect(await hot()).toEqual([['z', 8]]);
    meanwhile = undefined;
    isDown = true;
    await batch({ a: 300 });
    expect(await hot()).toEqual([['z', 8]]);
    expect(telemetry.total('hot_hint_unwritten')).toBe(1);
    expect(await totalOf(memoryState, 'a')).toBe(600n);
  });
});

describe('a container of ingest that follows the hint', () => {
  const identity = (nonce: string) => ({
    ...{ keyed: false, joined: false, adId: 'none' },
    eventId: (index: number) => keyedEventId(nonce, index),
  });

  it('spreads what others have found hot, with the lanes of the hint or of the operator, whichever are more', async () => {
    const { ports, batch, clock, memoryState, increments } = build();
    const keysOf = async (): Promise<number> => {
      const found = new Set<string>();
      for (const { shardId } of await increments.shards()) {
        const records = await increments.read(shardId, undefined, { recordsMax: 10_000, bytesMax: Infinity });
        for (const { partitionKey } of records) found.add(partitionKey);
      }
      return found.size;
    };
    const handler = withControl(
      ports,
      (live: Ports) => {
        const writer = createIncrementWriter(live);
        return (nonce: string) => writer.append([{ key: 'a', value: 1 }], { identity: identity(nonce) });
      },
      { hotKeys: true },
    );
    for (let i = 0; i < 100; i += 1) await handler(`x${i}`, undefined);
    expect(await keysOf()).toBe(1);
    await batch({ a: 700 });
    await clock.advance(5000);
    for (let i = 0; i < 100; i += 1) await handler(`y${i}`, undefined);
    expect(await keysOf()).toBe(8);
    const content = '{"hot_keys":[{"key":"a","lanes":12},{"key":"b","lanes":2}]}';
    const attributes = { version: 1n, content, by: 'ann', at: 0n, change_id: 'c1' };
    await memoryState.write({ type: 'put', key: { ...hintKey, sk: '' }, attributes });
    await clock.advance(5000);
    for (let i = 0; i < 200; i += 1) await handler(`z${i}`, undefined);
    expect(await keysOf()).toBe(12);
  });

  it('forgets the hint a minute after the last sign, keeps it while the store fails, and the operator’s changes beside it', async () => {
    let isDown = false;
    const { ports, batch, clock, memoryState, telemetry } = build((memory) => ({
      ...{ get: (key) => memory.get(key), getMany: (keys) => memory.getMany(keys) },
      ...{ write: (action) => memory.write(action), writeEach: (actions) => memory.writeEach(actions) },
      ...{ transact: (actions) => memory.transact(actions), transactEach: (all) => memory.transactEach(all) },
      query: (range) =>
        isDown ? Promise.reject(new StateStoreError('state-unavailable', 'down')) : memory.query(range),
    }));
    const follower = createControlFollower(ports, 5000, { hotKeys: true });
    const plain = createControlFollower(ports);
    await batch({ a: 700 });
    await follower.check();
    await plain.check();
    expect(follower.current).toMatchObject({ version: 0, hotKeys: [{ key: 'a', lanes: 8 }] });
    expect(plain.current.hotKeys).toBeUndefined();
    const { current } = follower;
    await clock.advance(5000);
    await follower.check();
    expect(follower.current).toBe(current);
    isDown = true;
    await clock.advance(60_000);
    await follower.check();
    expect(follower.current).toBe(current);
    isDown = false;
    const change = { version: 1n, content: '{"live_ads_max":5}', by: 'ann', at: 0n, change_id: 'c1' };
    await memoryState.write({ type: 'put', key: { ...hintKey, sk: '' }, attributes: change });
    await batch({ b: 700 });
    await clock.advance(5000);
    await follower.check();
    expect(follower.current).toMatchObject({ version: 1, hotKeys: [{ key: 'b', lanes: 8 }] });
    await clock.advance(60_000);
    await follower.check();
    expect(follower.current).toMatchObject({ version: 1, content: { live_ads_max: 5 } });
    expect(follower.current.hotKeys).toBeUndefined();
    expect(telemetry.total('control_unread')).toBe(1);
  });
});
