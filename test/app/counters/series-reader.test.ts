import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createIncrementWriter } from '../../../lib/app/counters/increment-writer.ts';
import { answeredBuckets, readSeries } from '../../../lib/app/counters/series-reader.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { stageSettings, type StageSettings } from '../../../lib/stages.ts';
import { createCounterWorld, deliver, increment, logRecords, totalOf } from '../../support/counter-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

function keeping(series: StageSettings['counters']['series']): StageSettings {
  const local = stageSettings('local');
  return { ...local, counters: { ...local.counters, series } };
}

/** A world where 'a' was given 1 in the first minute, 2 in the next, 4 an hour and 8 a day after them. */
async function worldOf(series: StageSettings['counters']['series']) {
  const world = createCounterWorld({ settings: keeping(series) });
  const after = (ms: number, value: number) => increment('a', value, { at: virtualStartMs + ms });
  const logged = [after(0, 1), after(minuteMs, 2), after(hourMs, 4), after(dayMs, 8)];
  await world.clock.advance(dayMs);
  await deliver(createAggregator(world.ports), logRecords([...logged, increment('b', 100)]));
  return world;
}

const all = { minute: 2, hour: 90, day: 1000 };

describe('reading the series of a counter', () => {
  it('gives every bucket of the range, those where nothing was counted too', async () => {
    const { ports } = await worldOf(all);
    const range = {
      bucket: 'minute',
      fromMs: virtualStartMs - 1,
      toMs: virtualStartMs + 3 * minuteMs,
    } as const;
    expect(await readSeries(ports, 'a', range)).toStrictEqual({
      status: 'ok',
      points: [
        { atMs: virtualStartMs - minuteMs, value: 0n },
        { atMs: virtualStartMs, value: 1n },
        { atMs: virtualStartMs + minuteMs, value: 2n },
        { atMs: virtualStartMs + 2 * minuteMs, value: 0n },
      ],
    });
  });

  it.each([all, { minute: 2 }, { hour: 90 }, { minute: 2, day: 9 }])(
    'answers from the coarsest level that will do: %j',
    async (series) => {
      const { ports } = await worldOf(series);
      const values = async (bucket: 'hour' | 'day', ms: number) => {
        const range = { bucket, fromMs: virtualStartMs, toMs: virtualStartMs + ms };
        const result = await readSeries(ports, 'a', range);
        return result.status === 'ok' ? result.points.map(({ value }) => value) : result.status;
      };
      expect(await values('hour', 3 * hourMs)).toStrictEqual([3n, 4n, 0n]);
      expect(await values('day', 2 * dayMs)).toStrictEqual([7n, 8n]);
    },
  );

  it('says which buckets a stage cannot answer for', async () => {
    const { ports } = await worldOf({ hour: 90 });
    const range = { bucket: 'minute', fromMs: 0, toMs: 1 } as const;
    expect(await readSeries(ports, 'a', range)).toStrictEqual({ status: 'not-kept' });
    expect(answeredBuckets(ports.settings)).toStrictEqual(['hour', 'day']);
    expect(answeredBuckets(keeping({}))).toStrictEqual([]);
  });

  it('begins with the first bucket that is still kept whole, though its item be there still', async () => {
    const { ports, clock } = await worldOf(all);
    const range = { bucket: 'minute', fromMs: virtualStartMs, toMs: virtualStartMs + hourMs } as const;
    const kept = async () => {
      const result = await readSeries(ports, 'a', range);
      return result.status === 'ok' ? result.points.length : result.status;
    };
    // The window of an hour is kept for two days after its end; a day of that is over.
    await clock.advance(dayMs + hourMs - 1);
    expect(await kept()).toBe(60);
    await clock.advance(1);
    expect(await kept()).toBe(0);
    // The hours hold the same sums.
    const hours = await readSeries(ports, 'a', { ...range, bucket: 'hour' });
    expect(hours).toStrictEqual({ status: 'ok', points: [{ atMs: virtualStartMs, value: 3n }] });
  });

  it('reads windows beyond one another and no others', async () => {
    const world = createCounterWorld({ settings: keeping(all) });
    const logged = Array.from({ length: 30 }, (_, i) =>
      increment('a', 1, { at: virtualStartMs + i * hourMs }),
    );
    await deliver(createAggregator(world.ports), logRecords(logged));
    const range = {
      bucket: 'minute',
      fromMs: virtualStartMs + hourMs,
      toMs: virtualStartMs + 26 * hourMs,
    } as const;
    const result = await readSeries(world.ports, 'a', range);
    const sum =
      result.status === 'ok' ? result.points.reduce((all, { value }) => all + value, 0n) : undefined;
    expect(sum).toBe(25n);
  });
});

describe('mode=sync', () => {
  const identity = {
    keyed: false,
    joined: false,
    adId: 'none',
    eventId: (index: number) => index.toString(16).padStart(32, '0'),
  };

  it('adds to the series too, keyed or not', async () => {
    const world = createCounterWorld();
    const writer = createIncrementWriter(world.ports);
    expect(await writer.addSync({ key: 'a', value: 5 }, { identity })).toStrictEqual({ total: 5n });
    const keyed = { ...identity, keyed: true };
    expect(await writer.addSync({ key: 'a', value: 6 }, { identity: keyed })).toStrictEqual({ total: 11n });
    expect(await writer.addSync({ key: 'a', value: 6 }, { identity: keyed })).toStrictEqual({ total: 11n });
    expect(await totalOf(world.memoryState, 'a')).toBe(11n);
  });

  it('does not count again because the total could not be read', async () => {
    const world = createCounterWorld();
    const state = {
      ...world.ports.state,
      transact: (...args: Parameters<typeof world.memoryState.transact>) =>
        world.memoryState.transact(...args),
      get: () => Promise.reject(new StateStoreError('state-throttled', 'no')),
    };
    const writer = createIncrementWriter({ ...world.ports, state });
    await expect(writer.addSync({ key: 'a', value: 5 }, { identity })).rejects.toMatchObject({
      code: 'state-unavailable',
    });
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });
});
