import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createIncrementWriter } from '../../../lib/app/counters/increment-writer.ts';
import { readSeries } from '../../../lib/app/counters/series-reader.ts';
import { keyedEventId } from '../../../lib/app/request-identity.ts';
import type { ControlContent } from '../../../lib/app/control/control-content.ts';
import {
  applyControl,
  liveRate,
  liveSettings,
  settingsNow,
} from '../../../lib/app/control/effective-settings.ts';
import { withControl } from '../../../lib/app/control/with-control.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { tokenRate } from '../../../lib/app/rate/token-rate.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { createCounterWorld, deliver, increment, logRecords, totalOf } from '../../support/counter-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const deployed = stageSettings('staging');
const stateOf = (content: ControlContent) => ({ content, seriesFromMs: {} });

describe('the settings that hold', () => {
  it('are those of the deploy where nobody changed them', () => {
    const holds = applyControl(deployed, stateOf({}));
    expect(holds).toEqual({ ...deployed, counters: { ...deployed.counters, seriesFromMs: {} } });
  });

  it.each<[ControlContent, object]>([
    [{ rate: { per_second: 7, burst: 9 } }, { tokens: { rate: { ratePerSecond: 7, burst: 9 } } }],
    [{ live_ads_max: 0 }, { ads: { liveAdsMax: 0, liveBytesMax: 2_000_000_000 } }],
    [{ live_ad_bytes_max: 5 }, { ads: { liveAdsMax: 1_000_000, liveBytesMax: 5 } }],
    [{ hot_keys: [{ key: 'a', lanes: 4 }] }, { counters: { hotKeys: [{ key: 'a', lanes: 4 }] } }],
    [{ series: {} }, { counters: { series: {}, keyFormat: 'any' } }],
    [{ trace_share: 0 }, { traceShare: 0 }],
  ])('have what %j says', (content, expected) => {
    const holds = applyControl(deployed, stateOf(content));
    expect(holds).toMatchObject(expected);
    expect(holds.tokens.exactLimit).toBe(false);
  });

  it.each([
    ['lowered in one', { per_second: 5, burst: 30 }, { ratePerSecond: 5, burst: 200 }],
    ['lowered in the other', { per_second: 20, burst: 5 }, { ratePerSecond: 100, burst: 5 }],
    ['as deployed', { per_second: 10, burst: 20 }, { ratePerSecond: 100, burst: 200 }],
    ['raised', { per_second: 50, burst: 90 }, { ratePerSecond: 100, burst: 200 }],
  ])('bound a higher rate of a token where the rate is lowered: %s', (_, rate, expected) => {
    const tokens = { ...deployed.tokens, rate: { ratePerSecond: 10, burst: 20 } };
    const holds = applyControl({ ...deployed, tokens }, stateOf({ rate }));
    expect(tokenRate({ ratePerSecond: 100, burst: 200 }, holds)).toEqual(expected);
  });

  it('are read as of now, and a copy stays as it was', () => {
    let content: ControlContent = { live_ads_max: 1, trace_share: 0.5, rate: { per_second: 1, burst: 2 } };
    let state = stateOf(content);
    const live = liveSettings(deployed, () => state);
    const rate = liveRate(live);
    const copy = settingsNow(live);
    content = { live_ads_max: 2, series: { day: 1 }, rate: { per_second: 3, burst: 4 } };
    state = stateOf(content);
    expect([copy.ads.liveAdsMax, copy.traceShare, copy.counters.series]).toEqual([
      ...[1, 0.5],
      { hour: 92, day: 1100 },
    ]);
    expect([live.ads.liveAdsMax, live.traceShare, live.counters.series]).toEqual([2, undefined, { day: 1 }]);
    expect([rate.ratePerSecond, rate.burst, live.stage]).toEqual([3, 4, 'staging']);
    // Each state is applied once.
    const [first, again] = [live.counters, live.counters];
    expect(Object.is(first, again)).toBe(true);
  });
});

describe('a function that follows the control item', () => {
  function build() {
    const world = createCounterWorld({ settings: deployed });
    const put = async (version: bigint, content: string) => {
      const attributes = { version, content, by: 'ann', at: 0n, change_id: `c${version}` };
      await world.memoryState.write({
        type: 'put',
        key: { table: 'counters', pk: 'control', sk: '' },
        attributes,
      });
    };
    const told: (number | undefined)[] = [];
    const seen: Ports['settings'][] = [];
    const handler = withControl(
      world.ports,
      ({ settings }) =>
        async (event: number, context: string) => {
          seen.push(settingsNow(settings));
          return Promise.resolve(`${event} ${context}`);
        },
      { onSettings: ({ traceShare }) => void told.push(traceShare) },
    );
    return { ...world, put, told, seen, handler };
  }

  it('has a state of at most five seconds in each invocation, and tells of each once', async () => {
    const { put, told, seen, handler, clock } = build();
    await put(1n, '{"live_ads_max":1,"trace_share":0.25}');
    expect(await handler(7, 'context')).toBe('7 context');
    await handler(8, '');
    await put(2n, '{"live_ads_max":2}');
    await clock.advance(4999);
    await handler(9, '');
    await clock.advance(1);
    await handler(10, '');
    expect(seen.map(({ ads }) => ads.liveAdsMax)).toEqual([1, 1, 1, 2]);
    expect(told).toEqual([0.25, undefined]);
  });

  it('holds a changed rate itself, because the usage plan knows only the deployed one', async () => {
    const { put, seen, handler, clock } = build();
    await handler(1, '');
    await put(1n, '{"rate":{"per_second":3,"burst":5}}');
    await clock.advance(5000);
    await handler(2, '');
    expect(seen.map(({ tokens }) => tokens)).toEqual([
      { rate: { ratePerSecond: 200, burst: 1000 }, exactLimit: false, cacheSeconds: 60 },
      {
        rate: { ratePerSecond: 3, burst: 5 },
        rateCeiling: { ratePerSecond: 3, burst: 5 },
        ...{ exactLimit: true, cacheSeconds: 60 },
      },
    ]);
  });
});

describe('levels of series that change', () => {
  it('stay the same within a batch', async () => {
    const keeping = (series: ControlContent['series']) => stateOf(series === undefined ? {} : { series });
    let state = keeping({ hour: 9, day: 9 });
    const world = createCounterWorld();
    const { memoryState } = world;
    const ports: Ports = {
      ...world.ports,
      settings: liveSettings(deployed, () => state),
      state: overrideState(memoryState, {
        // Claims make a second round, in which the levels would be others.
        transactEach: (transactions: Parameters<typeof memoryState.transactEach>[0]) => {
          state = keeping({ minute: 1 });
          return memoryState.transactEach(transactions);
        },
      }),
    };
    const events = Array.from({ length: 150 }, (_, i) =>
      increment('a', 1, { at: virtualStartMs, keyed: true, id: keyedEventId('n', i) }),
    );
    await deliver(createAggregator(ports), logRecords(events));
    expect(await totalOf(memoryState, 'a')).toBe(150n);
    const sums = memoryState
      .all()
      .filter(({ key }) => key.pk.startsWith('series#'))
      .map(({ key, attributes }) => [
        key.pk,
        Object.entries(attributes).find(([name]) => /^b\d/.test(name))?.[1],
      ]);
    expect(sums).toEqual([
      ['series#day#a', 150n],
      ['series#hour#a', 150n],
    ]);
  });

  it('are shown from the instant from which they are complete, whatever stands before it', async () => {
    const world = createCounterWorld();
    const minuteMs = 60_000;
    const settings = applyControl(deployed, {
      content: { series: { minute: 2, hour: 90 } },
      seriesFromMs: { minute: virtualStartMs + 2 * minuteMs + 1 },
    });
    const ports = { ...world.ports, settings };
    const events = [0, 1, 2, 3, 4].map((minute) =>
      increment('a', 1, { at: virtualStartMs + minute * minuteMs }),
    );
    await world.clock.advance(10 * minuteMs);
    await deliver(createAggregator(ports), logRecords(events));
    const range = { fromMs: virtualStartMs, toMs: virtualStartMs + 5 * minuteMs };
    expect(await readSeries(ports, 'a', { bucket: 'minute', ...range })).toMatchObject({
      points: [
        { atMs: virtualStartMs + 3 * minuteMs, value: 1n },
        { atMs: virtualStartMs + 4 * minuteMs, value: 1n },
      ],
    });
    expect(await readSeries(ports, 'a', { bucket: 'hour', ...range })).toMatchObject({
      points: [{ atMs: virtualStartMs, value: 5n }],
    });
  });
});

describe('a pinned counter', () => {
  it('is counted exactly while its pin is set, changed and removed under traffic', async () => {
    let state = stateOf({});
    const world = createCounterWorld();
    const { increments } = world;
    const settings = liveSettings({ ...world.ports.settings }, () => state);
    const ports: Ports = { ...world.ports, settings };
    const writer = createIncrementWriter(ports);
    const lanes: number[] = [];
    let sent = 0;
    const phase = async (hotKeys: ControlContent['hot_keys']) => {
      state = stateOf(hotKeys === undefined ? {} : { hot_keys: hotKeys });
      const before = new Set(
        (await all()).map(({ sequenceNumber, shardId }) => `${shardId} ${sequenceNumber}`),
      );
      for (let i = 0; i < 60; i += 1) {
        sent += 1;
        const nonce = `n${sent}`;
        const identity = {
          ...{ keyed: i % 2 === 0, joined: false, adId: 'none' },
          eventId: (index: number) => keyedEventId(nonce, index),
        };
        await writer.append([{ key: 'a', value: 1 }], { identity });
        // Sent again by a client that did not get its answer, at times after the pin has changed.
        if (i % 6 === 0) await writer.append([{ key: 'a', value: 1 }], { identity });
        await world.clock.advance(100);
      }
      const fresh = (await all()).filter(
        ({ sequenceNumber, shardId }) => !before.has(`${shardId} ${sequenceNumber}`),
      );
      lanes.push(new Set(fresh.map(({ partitionKey }) => partitionKey)).size);
    };
    const all = async () => {
      const shards = await increments.shards();
      const limits = { recordsMax: 10_000, bytesMax: Infinity };
      const found = await Promise.all(
        shards.map(async ({ shardId }) =>
          (await increments.read(shardId, undefined, limits)).map((record) => ({ ...record, shardId })),
        ),
      );
      return found.flat();
    };
    await phase(undefined);
    await phase([{ key: 'b', lanes: 9 }]);
    await phase([{ key: 'a', lanes: 4 }]);
    await phase([{ key: 'a', lanes: 8 }]);
    await phase([{ key: 'a', lanes: 2 }]);
    await phase([]);
    expect(lanes.slice(0, 4)).toEqual([1, 1, 4, 8]);
    await world.clock.advance(90_000);
    for (let cooling = 0; cooling < 4; cooling += 1) {
      await phase([]);
      await world.clock.advance(30_000);
    }
    expect(lanes.at(-1)).toBe(1);
    for (const { shardId } of await increments.shards()) {
      const records = (await all()).filter((record) => record.shardId === shardId);
      const shard = { epoch: increments.epoch, shardId };
      await deliver(createAggregator(ports), records, shard);
      await deliver(createAggregator(ports), records, shard);
    }
    expect(await totalOf(world.memoryState, 'a')).toBe(BigInt(sent));
  });
});
