import { describe, expect, it } from '@jest/globals';
import { createSweepAds } from '../../../functions/sweep-ads/sweep-ads.ts';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { isControlEvent } from '../../../lib/app/control/control-event.ts';
import { createControlStore } from '../../../lib/app/control/control-store.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import type { EventLog } from '../../../lib/ports/event-log.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { adCreated } from '../../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf, type AdWorld } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const event = {
  ...{ v: 1, type: 'ControlChanged', id: '0123456789abcdef'.repeat(2), version: 1, by: 'ann', at: 5 },
  content: { colour: 'of a later release' },
};
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const set = ({ ports }: AdWorld, liveAdsMax: number, adEvents: EventLog = ports.adEvents) =>
  createControlStore({ ...ports, adEvents, rateMax: undefined }).change({
    ...{ edit: () => ({ live_ads_max: liveAdsMax }), by: 'ann', ifVersion: undefined },
  });

const deadLog: EventLog = {
  ...{ stream: 'ad-events', epoch: '1', hashPosition: () => 0 },
  append: (entries) => Promise.resolve(entries.map(() => ({ status: 'refused' as const, reason: 'down' }))),
};

async function versionsIn({ adEvents }: AdWorld): Promise<unknown[]> {
  const limits = { recordsMax: 1000, bytesMax: 1e6 };
  const records = await adEvents.read('shardId-000000000000', undefined, limits);
  return records.map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as typeof event).version);
}

describe('the event of a change of the control item', () => {
  it.each([
    [event, true],
    [{ ...event, more: 1 }, true],
    [{ ...event, v: 2 }, false],
    [{ ...event, type: 'ControlRemoved' }, false],
    [{ ...event, id: 'short' }, false],
    [{ ...event, version: 0 }, false],
    [{ ...event, by: 7 }, false],
    [{ ...event, at: -1 }, false],
    [{ ...event, content: 'x' }, false],
    ['x', false],
  ])('is known by its form: %j is one: %s', (value, isOne) => {
    expect(isControlEvent(bytes(value))).toBe(isOne);
    expect(isControlEvent(Uint8Array.of(0xff))).toBe(false);
  });

  it('is settled by the projector, makes no version, and holds nobody up', async () => {
    const world = createAdWorld();
    const [first, last] = recordsOf([adCreated(1), adCreated(2)]);
    const told = { ...first!, sequenceNumber: '2', data: bytes(event) };
    await projectAll(createAdProjector(world.ports), [first!, told, { ...last!, sequenceNumber: '3' }]);
    await projectAll(createAdProjector(world.ports), [{ ...told, sequenceNumber: '4' }]);
    const head = await world.memoryState.get({ table: 'ads', pk: 'head', sk: '' });
    expect(head).toMatchObject({ version: 2n, live_ads: 2n });
    expect(Object.values(head ?? {}).some((value) => String(value).startsWith('0014'))).toBe(true);
    expect((await world.quarantine.list({ limit: 10 })).records).toEqual([]);
    const outcomes = world.memoryState.all().filter(({ key }) => key.pk.startsWith('outcome#'));
    expect(outcomes).toHaveLength(2);
  });

  it('that an older release put into the quarantine can be redriven', async () => {
    const world = createAdWorld();
    const id = {
      ...{ stream: 'ad-events' as const, epoch: '1', shardId: 'shardId-000000000000', sequenceNumber: '7' },
    };
    const facts = { partitionKey: 'ads', arrivedAtMs: 1, quarantinedAtMs: 2, reason: 'not an event' };
    await world.quarantine.store({ ...id, ...facts, data: bytes(event) });
    await world.memoryState.write({
      type: 'put',
      key: { table: 'counters', pk: 'skip#ad-events/1/shardId-000000000000/7', sk: '' },
      attributes: { state: 'quarantined', reason: 'not an event' },
    });
    expect(await createRedrive(world.ports).redrive(id)).toEqual({ status: 'redriven' });
    expect(await versionsIn(world)).toEqual([1]);
  });

  it('is logged by the sweep of ads, in order, if its operator did not come to it', async () => {
    const world = createAdWorld();
    const sweep = createSweepAds(world.ports);
    await sweep({}, undefined as never);
    expect(await versionsIn(world)).toEqual([]);
    for (const max of [1, 2, 3]) expect(await set(world, max, deadLog)).toMatchObject({ published: false });
    expect(await versionsIn(world)).toEqual([]);
    expect(await sweep({}, undefined as never)).toEqual({ appended: 0 });
    expect(await versionsIn(world)).toEqual([1, 2, 3]);
    await sweep({}, undefined as never);
    expect(await versionsIn(world)).toEqual([1, 2, 3]);
    // The next change only adds its own.
    await set(world, 4);
    expect(await versionsIn(world)).toEqual([1, 2, 3, 4]);
  });

  it('waits for the one before it: nothing is logged out of order', async () => {
    const world = createAdWorld();
    for (const max of [1, 2]) await set(world, max, deadLog);
    let appends = 0;
    const flaky: EventLog = {
      ...deadLog,
      append: (entries) => ((appends += 1) <= 4 ? deadLog.append(entries) : world.adEvents.append(entries)),
    };
    await createSweepAds({ ...world.ports, adEvents: flaky })({}, undefined as never);
    expect(await versionsIn(world)).toEqual([]);
    await createSweepAds({ ...world.ports, adEvents: flaky })({}, undefined as never);
    expect(await versionsIn(world)).toEqual([1, 2]);
  });

  it('is not taken for missing again by a slow publisher that another one has overtaken', async () => {
    const world = createAdWorld();
    for (const max of [1, 2, 3]) await set(world, max, deadLog);
    let appends = 0;
    const slow: EventLog = {
      ...deadLog,
      append: async (entries) => {
        appends += 1;
        if (appends > 1) return deadLog.append(entries);
        await createSweepAds(world.ports)({}, undefined as never);
        return world.adEvents.append(entries);
      },
    };
    await createSweepAds({ ...world.ports, adEvents: slow })({}, undefined as never);
    const item = await world.memoryState.get({ table: 'counters', pk: 'control', sk: '' });
    expect(item?.['published']).toBe(3n);
    expect(await versionsIn(world)).toEqual([1, 2, 3, 1]);
  });

  it('is left to the sweep if the store fails after the change: the operator is told that it holds', async () => {
    const world = createAdWorld();
    let made = false;
    const state = overrideState(world.memoryState, {
      transact: async (actions) => {
        const result = await world.memoryState.transact(actions);
        made = true;
        return result;
      },
      get: (key) =>
        made ? Promise.reject(new StateStoreError('state-unavailable', 'down')) : world.memoryState.get(key),
    });
    const store = createControlStore({ ...world.ports, state, rateMax: undefined });
    expect(await store.change({ edit: () => ({ live_ads_max: 1 }), by: 'a', ifVersion: 0 })).toMatchObject({
      status: 'changed',
      published: false,
    });
    await createSweepAds(world.ports)({}, undefined as never);
    expect(await versionsIn(world)).toEqual([1]);
  });
});
