import { describe, expect, it } from '@jest/globals';
import { createControlStore } from '../../../lib/app/control/control-store.ts';
import type { ControlContent } from '../../../lib/app/control/control-content.ts';
import { stageSettings, type RateSettings } from '../../../lib/stages.ts';
import type { EventLog } from '../../../lib/ports/event-log.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { createCounterWorld } from '../../support/counter-world.ts';

const changesPartition = 'control#changes';

function build({ rateMax, ...overrides }: Partial<Ports> & { rateMax?: RateSettings } = {}) {
  const world = createCounterWorld(overrides);
  const { memoryState: state } = world;
  const store = createControlStore({ ...world.ports, rateMax });
  const set = (content: unknown, by = 'ann', ifVersion?: number) =>
    store.change({ edit: () => content, by, ifVersion });
  const item = () => state.get({ table: 'counters', pk: 'control', sk: '' });
  const versions = async () => {
    const { items } = await state.query({ table: 'counters', pk: changesPartition, limit: 1000 });
    return items.map(({ sk }) => Number(sk));
  };
  return { ...world, store, set, item, versions, events: () => eventsOf(world.adEvents) };
}

async function eventsOf(log: ReturnType<typeof createCounterWorld>['adEvents']) {
  const records = await log.read('shardId-000000000000', undefined, { recordsMax: 1000, bytesMax: Infinity });
  expect(records.map(({ partitionKey }) => partitionKey)).toEqual(records.map(() => 'ads'));
  return records.map(({ data }) => JSON.parse(Buffer.from(data).toString()) as Record<string, unknown>);
}

/** A log that refuses everything while it is down. */
function fragile(log: EventLog) {
  let isDown = false;
  const fragileLog: EventLog = {
    ...{ stream: log.stream, epoch: log.epoch, hashPosition: (key) => log.hashPosition(key) },
    append: (entries) =>
      isDown
        ? Promise.resolve(entries.map(() => ({ status: 'refused' as const, reason: 'down' })))
        : log.append(entries),
  };
  return { fragileLog, setDown: (down: boolean) => void (isDown = down) };
}

describe('a change of the control item', () => {
  it('makes a version, its record, and an event that says who changed what when', async () => {
    const { set, item, versions, events, clock, store } = build();
    const changed = await set({ trace_share: 0.5 });
    const atMs = clock.nowMs();
    expect(changed).toMatchObject({
      status: 'changed',
      published: true,
      change: { version: 1, by: 'ann', atMs, content: { trace_share: 0.5 }, seriesFromMs: {} },
    });
    const stored = { version: 1n, content: '{"trace_share":0.5}', by: 'ann', at: BigInt(atMs) };
    expect(await item()).toMatchObject({ ...stored, published: 1n });
    expect(await versions()).toEqual([1]);
    const [event, ...more] = await events();
    expect(more).toEqual([]);
    expect(event).toEqual({
      ...{ v: 1, type: 'ControlChanged', version: 1, by: 'ann', at: atMs, content: { trace_share: 0.5 } },
      id: (await item())?.['change_id'],
    });
    expect(event?.['id']).toMatch(/^[0-9a-f]{32}$/);
    await set({}, 'bob');
    expect((await events()).map(({ version, by, content }) => [version, by, content])).toEqual([
      [1, 'ann', { trace_share: 0.5 }],
      [2, 'bob', {}],
    ]);
    expect(await store.read()).toMatchObject({ status: 'ok', published: 2, change: { version: 2 } });
  });

  it('that says what holds already writes nothing', async () => {
    const { set, versions, events } = build();
    expect(await set({})).toMatchObject({ status: 'unchanged', change: { version: 0 } });
    await set({ live_ads_max: 5, trace_share: 1 });
    expect(await set({ trace_share: 1, live_ads_max: 5 }, 'bob')).toMatchObject({
      status: 'unchanged',
      change: { version: 1, by: 'ann' },
    });
    expect([await versions(), (await events()).length]).toEqual([[1], 1]);
  });

  it('is refused if the version is another one than asked for', async () => {
    const { set, versions } = build();
    expect(await set({ live_ads_max: 1 }, 'ann', 1)).toMatchObject({ status: 'conflict' });
    expect(await set({ live_ads_max: 1 }, 'ann', 0)).toMatchObject({ status: 'changed' });
    expect(await set({ live_ads_max: 2 }, 'bob', 0)).toMatchObject({
      status: 'conflict',
      current: { status: 'ok', change: { version: 1, by: 'ann' } },
    });
    expect(await set({ live_ads_max: 2 }, 'bob', 1)).toMatchObject({ status: 'changed' });
    expect(await versions()).toEqual([1, 2]);
  });

  it('is refused with every fault, by the schema and by the stage', async () => {
    const base = stageSettings('prod');
    const settings = {
      ...base,
      counters: { ...base.counters, keyFormat: 'uuid' as const },
      ads: { liveAdsMax: 10, liveBytesMax: 1000, endedDays: 90 },
    };
    const { set, versions } = build({ settings, rateMax: { ratePerSecond: 200, burst: 1000 } });
    expect(await set({ live_ads_max: -1 })).toEqual({
      status: 'invalid',
      faults: ['live_ads_max: must be a whole number from 0 to 9007199254740991'],
    });
    const over = 'as deployed; raise it in lib/stages.ts and deploy';
    expect(
      await set({
        rate: { per_second: 201, burst: 1001 },
        live_ads_max: 11,
        live_ad_bytes_max: 1001,
        hot_keys: [{ key: 'a', lanes: 2 }],
      }),
    ).toEqual({
      status: 'invalid',
      faults: [
        `rate.per_second: must be at most 200, ${over}`,
        `rate.burst: must be at most 1000, ${over}`,
        `live_ads_max: must be at most 10, ${over}`,
        `live_ad_bytes_max: must be at most 1000, ${over}`,
        'hot_keys: each key must be a UUID in this stage, and not the nil UUID',
      ],
    });
    expect(await set({ hot_keys: [{ key: '00000000-0000-0000-0000-000000000000', lanes: 2 }] })).toEqual({
      status: 'invalid',
      faults: ['hot_keys: each key must be a UUID in this stage, and not the nil UUID'],
    });
    expect(await versions()).toEqual([]);
    const uuid = '0198c0de-0000-7000-8000-000000000009';
    const atTheBounds: ControlContent = {
      rate: { per_second: 200, burst: 1000 },
      live_ads_max: 10,
      live_ad_bytes_max: 1000,
      hot_keys: [{ key: uuid, lanes: 2 }],
    };
    expect(await set(atTheBounds)).toMatchObject({ status: 'changed' });
  });

  it('has any rate where no usage plan is in front', async () => {
    const { set } = build();
    expect(await set({ rate: { per_second: 5000, burst: 9000 } })).toMatchObject({ status: 'changed' });
  });

  it('is refused while a later release wrote what stands there', async () => {
    const { set, store, memoryState } = build();
    await memoryState.write({
      type: 'put',
      key: { table: 'counters', pk: 'control', sk: '' },
      attributes: { version: 3n, content: '{"colour":1}', by: 'zoe', at: 1n, change_id: 'c', published: 3n },
    });
    const faults = ['the content: has a field that this version does not know'];
    expect(await store.read()).toEqual({ status: 'not-understood', version: 3, published: 3, faults });
    expect(await set({})).toEqual({ status: 'not-understood', faults });
    expect(await set({}, 'ann', 2)).toMatchObject({ status: 'conflict' });
    expect(await store.rollback({ to: 0, by: 'ann', ifVersion: 3 })).toEqual({
      status: 'not-understood',
      faults,
    });
  });

  it('begins an added level two minutes later, keeps when others began, and forgets what is dropped', async () => {
    const base = stageSettings('local');
    const settings = { ...base, counters: { ...base.counters, series: { minute: 7 } } };
    const { set, clock, item } = build({ settings });
    const fromOf = async () => JSON.parse(String((await item())?.['series_from'])) as unknown;
    await set({ series: { minute: 3, hour: 9 } });
    const hour = clock.nowMs() + 120_000;
    expect(await fromOf()).toEqual({ hour });
    await clock.advance(1000);
    await set({ series: { minute: 3, hour: 8, day: 1 } });
    const day = clock.nowMs() + 120_000;
    expect(await fromOf()).toEqual({ hour, day });
    await set({ series: { day: 1 } });
    expect(await fromOf()).toEqual({ day });
    // As deployed: minutes, which were not kept for a while.
    await set({});
    expect(await fromOf()).toEqual({ minute: clock.nowMs() + 120_000 });
  });
});

describe('a roll-back', () => {
  it('makes a new version of an old content; by default of the one before', async () => {
    const { set, store, events } = build();
    for (const max of [1, 2, 3]) await set({ live_ads_max: max });
    const back = (to?: number) => store.rollback({ to, by: 'bob', ifVersion: undefined });
    expect(await back()).toMatchObject({
      status: 'changed',
      change: { version: 4, by: 'bob', content: { live_ads_max: 2 }, restores: 2 },
    });
    expect(await back(1)).toMatchObject({
      change: { version: 5, content: { live_ads_max: 1 }, restores: 1 },
    });
    expect(await back(0)).toMatchObject({ change: { version: 6, content: {}, restores: 0 } });
    expect((await events()).slice(2).map(({ version, restores }) => [version, restores])).toEqual([
      ...[
        [3, undefined],
        [4, 2],
      ],
      ...[
        [5, 1],
        [6, 0],
      ],
    ]);
    expect(await store.history(2)).toMatchObject([
      { change: { version: 6, restores: 0 }, before: { live_ads_max: 1 } },
      { change: { version: 5, restores: 1 }, before: { live_ads_max: 2 } },
    ]);
    expect((await store.history(100)).at(-1)).toMatchObject({ change: { version: 1 }, before: {} });
    // A change after it is no roll-back.
    await set({ live_ads_max: 7 });
    expect(await store.read()).toMatchObject({ change: expect.not.objectContaining({ restores: 0 }) });
  });

  it('is refused for a version that was not, or is no longer kept, or with nothing before it', async () => {
    const { set, store } = build();
    const back = (to?: number, ifVersion?: number) => store.rollback({ to, by: 'bob', ifVersion });
    expect(await back()).toEqual({ status: 'unknown-version' });
    await set({ live_ads_max: 1 });
    expect(await back(2)).toEqual({ status: 'unknown-version' });
    expect(await back(1)).toMatchObject({ status: 'unchanged' });
    expect(await back(0, 2)).toMatchObject({ status: 'conflict' });
    expect(await back()).toMatchObject({ change: { version: 2, restores: 0 } });
  });

  it('is refused for a content that the stage no longer can', async () => {
    const { set, store, memoryState } = build();
    await set({ live_ads_max: 1 });
    await memoryState.write({
      type: 'update',
      key: { table: 'counters', pk: changesPartition, sk: '0000000000000001' },
      set: { content: '{"live_ads_max":1000001}' },
    });
    expect(await store.rollback({ to: 1, by: 'bob', ifVersion: undefined })).toMatchObject({
      status: 'invalid',
    });
  });
});

describe('the history', () => {
  it('keeps a hundred versions', async () => {
    const { set, store, versions } = build();
    for (let max = 1; max <= 100; max += 1) await set({ live_ads_max: max });
    expect((await versions()).length).toBe(100);
    await set({ live_ads_max: 101 });
    const kept = await versions();
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([100, 2, 101]);
    expect((await store.history(100)).map(({ change }) => change.version)).toEqual([...kept].reverse());
    expect((await store.history(100)).slice(-2).map(({ before }) => before)).toEqual([
      { live_ads_max: 2 },
      undefined,
    ]);
    expect(await store.rollback({ to: 1, by: 'bob', ifVersion: undefined })).toEqual({
      status: 'unknown-version',
    });
    expect(await store.rollback({ to: 2, by: 'bob', ifVersion: undefined })).toMatchObject({
      change: { content: { live_ads_max: 2 } },
    });
  });

  it('of changes that the log does not take is not lost: after a hundred, the next is refused', async () => {
    const { adEvents } = createCounterWorld();
    const { fragileLog, setDown } = fragile(adEvents);
    const { set, item } = build({ adEvents: fragileLog });
    setDown(true);
    for (let max = 1; max <= 100; max += 1) {
      expect(await set({ live_ads_max: max })).toMatchObject({ status: 'changed', published: false });
    }
    expect(await set({ live_ads_max: 101 })).toEqual({ status: 'log-behind' });
    expect((await item())?.['published']).toBeUndefined();
    setDown(false);
    expect(await set({ live_ads_max: 101 })).toMatchObject({ status: 'changed', published: true });
    expect((await eventsOf(adEvents)).map(({ version }) => version)).toEqual(
      Array.from({ length: 101 }, (_, i) => i + 1),
    );
  });
});
