import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createCounterReader } from '../../../lib/app/counters/counter-reader.ts';
import type { ConsistencyToken } from '../../../lib/core/consistency-token.ts';
import { toPartitionKey } from '../../../lib/core/counters/counter-key.ts';
import {
  counterShard,
  createCounterWorld,
  deliver,
  garbage,
  increment,
  logRecords,
  type CounterWorld,
} from '../../support/counter-world.ts';
import { spyOnState } from '../../support/state-spy.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const dayMs = 24 * 3_600_000;

function token(
  key: string,
  sequenceNumber: string,
  change: Partial<ConsistencyToken['position']> = {},
  issuedAtMs = virtualStartMs,
): ConsistencyToken {
  return {
    type: 'counter',
    position: { ...counterShard, sequenceNumber, ...change },
    issuedAtMs,
    partitionKey: key,
  };
}

async function counted(
  ...logged: readonly Parameters<typeof logRecords>[0][number][]
): Promise<CounterWorld> {
  const world = createCounterWorld();
  await deliver(createAggregator(world.ports), logRecords(logged));
  return world;
}

describe('reading counters', () => {
  it('answers in the order asked, absent ones as absent, repeated ones twice', async () => {
    const world = await counted(increment('a', 1), increment('b', 2), garbage('c'));
    const found = (key: string, value: bigint) => ({ key, value, updatedAtMs: virtualStartMs });
    expect(await createCounterReader(world.ports).read(['b', 'x', 'a', 'c', 'b'], [])).toStrictEqual({
      status: 'ok',
      counters: [found('b', 2n), undefined, found('a', 1n), undefined, found('b', 2n)],
    });
  });

  it('asks the store once when nothing has to be waited for', async () => {
    const world = await counted(increment('a', 1));
    const spy = spyOnState(world.memoryState);
    await createCounterReader({ ...world.ports, state: spy.state }).read(['a', 'b'], [token('a', '7')]);
    expect(spy.calls).toStrictEqual({ getMany: 1 });
  });
});

describe('a token', () => {
  const read = (world: CounterWorld, keys: readonly string[], tokens: readonly ConsistencyToken[]) =>
    createCounterReader(world.ports)
      .read(keys, tokens)
      .then(({ status }) => status);

  it('is met by a mark at or past its number', async () => {
    const world = await counted(increment('a'), increment('a'), increment('a'), increment('a'));
    for (const number of ['7', '9', '10', '010'])
      expect(await read(world, ['a'], [token('a', number)])).toBe('ok');
    expect(await read(world, ['a'], [token('a', '11')])).toBe('not-caught-up');
  });

  it('is met by a record that was given up', async () => {
    const world = await counted(garbage('a'));
    expect(await read(world, ['a'], [token('a', '7')])).toBe('ok');
  });

  it('is not met by the mark of another shard, epoch or lane', async () => {
    const world = await counted(increment('a'));
    expect(await read(world, ['a'], [token('a', '7', { shardId: 'other' })])).toBe('not-caught-up');
    expect(await read(world, ['a'], [token('a', '7', { epoch: '2' })])).toBe('not-caught-up');
    expect(await read(world, ['a'], [token(toPartitionKey('a', 'x'), '7')])).toBe('not-caught-up');
  });

  it('is ignored when it is of another counter or of the ads', async () => {
    const world = await counted(increment('a'));
    const ads: ConsistencyToken = {
      type: 'ads',
      position: { ...counterShard, sequenceNumber: '999' },
      issuedAtMs: 0,
    };
    expect(await read(world, ['a'], [token('b', '999'), ads])).toBe('ok');
  });

  it('is met in the end: twice the retention later it asks nothing any more', async () => {
    const world = await counted(increment('a'));
    await world.clock.advance(14 * dayMs);
    expect(await read(world, ['a', 'b'], [token('a', '999')])).toBe('not-caught-up');
    await world.clock.advance(1);
    expect(await read(world, ['a', 'b'], [token('a', '999'), token('b', '5')])).toBe('ok');
  });

  it('is waited for, and the answer is what was there when it was met', async () => {
    const world = createCounterWorld();
    const reading = createCounterReader(world.ports).read(['a'], [token('a', '7')]);
    const counting = world.clock
      .sleep(700)
      .then(() => deliver(createAggregator(world.ports), logRecords([increment('a', 5)])));
    expect(await reading).toMatchObject({ status: 'ok', counters: [{ value: 5n }] });
    await counting;
    expect(world.clock.monotonicMs()).toBeLessThan(1000);
  });

  it('is waited for two seconds, not longer, and with few reads', async () => {
    const world = createCounterWorld();
    const spy = spyOnState(world.memoryState);
    const result = await createCounterReader({ ...world.ports, state: spy.state }).read(
      ['a'],
      [token('a', '7')],
    );
    expect(result).toStrictEqual({ status: 'not-caught-up' });
    expect(world.clock.monotonicMs()).toBe(2000);
    expect(spy.calls['getMany']).toBeLessThan(20);
  });
});
