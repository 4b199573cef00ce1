import { describe, expect, it } from '@jest/globals';
import { adEpochMs, adId } from '../support/ad-builder.ts';
import { adsOf, createDeliveryWorld, type DeliveryWorld } from '../support/delivery-world.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';

const goal = (total: number) => ({ goal: { impressions: { total }, pacing: 'asap' } }) as const;
const house = { priority: 16 } as const;
const dayMs = 86_400_000;
const local = stageSettings('local');
const settings = { ...local, delivery: { ...local.delivery, goals: true } };

/** Which ad each of so many decisions shows, a second after the other. */
async function shown(world: DeliveryWorld, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    await world.clock.advance(1000);
    const [ad] = adsOf(await world.decide());
    ids.push(ad?.id ?? 'none');
  }
  return ids;
}

describe('decisions for an ad with a goal', () => {
  it('are as many as its goal, once its generation is open; then the next priority shows', async () => {
    const world = await createDeliveryWorld([goal(3), house], { settings });
    // The first one logs that the generation opens; a container then waits about a second.
    const ids = await shown(world, 20);
    expect(ids[0]).toBe(adId(2));
    expect(ids.filter((id) => id === adId(1))).toHaveLength(3);
    expect(ids.slice(-5)).toEqual(Array(5).fill(adId(2)));
  });

  it('are counted in its generation, and a beacon of before the goal is late', async () => {
    const world = await createDeliveryWorld([{}, house], { settings });
    const before = await world.decideOne();
    await world.patch(`/api/v1/ad/${adId(1)}`, { goal: { impressions: { total: 20 }, pacing: 'asap' } });
    await shown(world, 4);
    const { decision } = await world.decideOne();
    await world.visit(decision.impression_url!);
    await world.visit(before.decision.impression_url!);
    expect(await world.numbers(adId(1))).toMatchObject({ impressions: 1, notCounted: { late: 1 } });
  });

  it('begin again without limit where the goal is removed', async () => {
    const world = await createDeliveryWorld([goal(1)], { settings });
    await shown(world, 10);
    expect(adsOf(await world.decide())).toEqual([]);
    await world.patch(`/api/v1/ad/${adId(1)}`, { goal: null });
    await world.clock.advance(1000);
    for (let n = 0; n < 5; n += 1) {
      const { decision } = await world.decideOne();
      await world.visit(decision.impression_url!);
    }
    expect(await world.numbers(adId(1))).toMatchObject({ impressions: 5 });
  });

  it('stop while its ledger fails, and only they, and the answer says so', async () => {
    const store = createMemoryStateStore();
    let isOut = false;
    const failing = new Proxy(store, {
      get: (target, name: keyof StateStore) =>
        name === 'write'
          ? (action: Parameters<StateStore['write']>[0]) =>
              isOut && action.key.pk.startsWith('ledger#')
                ? Promise.reject(new StateStoreError('state-unavailable', 'out'))
                : target.write(action)
          : target[name].bind(target),
    });
    const world = await createDeliveryWorld([goal(1000), house], { state: failing, settings });
    await shown(world, 5);
    isOut = true;
    await world.clock.advance(120_000);
    const reply = await world.decide();
    expect(adsOf(reply).map(({ id }) => id)).toEqual([adId(2)]);
    expect(reply.headers['Delivery-Degraded']).toBe('leases');
    isOut = false;
    await world.clock.advance(2000);
    const healed = await world.decide();
    expect(adsOf(healed).map(({ id }) => id)).toEqual([adId(1)]);
    expect(healed.headers['Delivery-Degraded']).toBeUndefined();
  });

  it('wait while nobody knows whether the catalog is current', async () => {
    const store = createMemoryStateStore();
    let isOut = false;
    const failing = new Proxy(store, {
      get: (target, name: keyof StateStore) =>
        name === 'get'
          ? (key: Parameters<StateStore['get']>[0]) =>
              isOut && key.pk === 'head'
                ? Promise.reject(new StateStoreError('state-unavailable', 'out'))
                : target.get(key)
          : target[name].bind(target),
    });
    const reader = { maxStalenessMs: 1000, staleServeMaxMs: 60_000 };
    const world = await createDeliveryWorld([goal(1000), house], {
      ...{ state: failing, settings: { ...settings, reader } },
    });
    await shown(world, 5);
    isOut = true;
    // The next epoch has no right yet.
    await world.clock.advance(55_000);
    expect(await shown(world, 2)).toEqual([adId(2), adId(2)]);
    isOut = false;
    expect(await shown(world, 2)).toEqual([adId(1), adId(1)]);
  });

  it('with a key are the same in a repetition, and spend one right', async () => {
    const world = await createDeliveryWorld([goal(10), house], { settings });
    await shown(world, 3);
    const caller = { principal: 'p', key: 'k' };
    const first = await world.decide({ count: 'served' }, caller);
    const again = await world.decide({ count: 'served' }, caller);
    expect(again.json).toEqual(first.json);
    expect(adsOf(first)[0]!.id).toBe(adId(1));
  });
});

interface Explained {
  readonly priorities: readonly Readonly<Record<string, unknown>>[];
  readonly ad: Readonly<Record<string, unknown>>;
}

async function explain(world: DeliveryWorld, n: number): Promise<Explained> {
  const body = { placements: [{ id: 'top' }], ad: adId(n) };
  const reply = await world.post('/api/v1/decisions/explain', body);
  expect(reply.status).toBe(200);
  return reply.json as Explained;
}

const excludedBy = async (world: DeliveryWorld, n: number): Promise<unknown> =>
  (await explain(world, n)).ad['excluded_by'];

describe('an explanation of an ad with a goal', () => {
  it('says that it waits for its ledger, is ready, waits for what is out, and is done', async () => {
    const world = await createDeliveryWorld([goal(2), house], { settings });
    const none = { paused: 0, excluded_ads: 0, excluded_campaigns: 0, capped: 0 };
    const first = await explain(world, 1);
    expect(first.ad).toEqual({ id: adId(1), excluded_by: 'waiting', waiting_until: null });
    expect(first.priorities).toEqual([
      {
        ...{ ...none, priority: 8, matched: 1, done: 0, waiting: 1, waiting_until: null },
        ...{ ready: 0, behind: 0 },
      },
      { ...none, priority: 16, matched: 1, ready: 1 },
    ]);
    expect(await excludedBy(world, 2)).toBeNull();
    // It opened nothing: it only reads.
    await world.clock.advance(2000);
    expect(await excludedBy(world, 1)).toBe('waiting');

    await shown(world, 1);
    await world.clock.advance(2000);
    expect((await explain(world, 1)).ad).toEqual({ id: adId(1), excluded_by: null });
    expect(await excludedBy(world, 2)).toBe('higher_priority');
    const decisions = [await world.decideOne()];
    await world.visit(decisions[0]!.decision.impression_url!);
    await world.clock.advance(1000);
    decisions.push(await world.decideOne());
    expect(decisions.map(({ id }) => id)).toEqual([adId(1), adId(1)]);
    const waiting = await explain(world, 1);
    // Good for ten minutes after the minute of the decision, and closed three minutes later.
    const untilMs = Date.parse(decisions[1]!.decision.expires_at) + 3 * 60_000;
    const until = new Date(untilMs).toISOString();
    expect(waiting.ad).toEqual({ id: adId(1), excluded_by: 'waiting', waiting_until: until });
    expect(waiting.priorities[0]).toMatchObject({ done: 0, waiting: 1, waiting_until: until });
    expect(await excludedBy(world, 2)).toBeNull();

    await world.visit(decisions[1]!.decision.impression_url!);
    await world.clock.advance(1);
    const done = await explain(world, 1);
    expect(done.ad).toEqual({ id: adId(1), excluded_by: 'done' });
    expect(done.priorities[0]).toEqual({
      ...{ ...none, priority: 8, matched: 1, done: 1, waiting: 0, ready: 0, behind: 0 },
    });
  });

  it('says that others of its priority are behind', async () => {
    const daily = {
      goal: { impressions: { daily: 1000 }, pacing: 'even' },
      endAt: adEpochMs + 5 * dayMs,
    } as const;
    const world = await createDeliveryWorld([daily, {}], { settings });
    for (let n = 0; n < 4; n += 1) {
      await world.clock.advance(1000);
      await world.decide({ placements: [{ id: 'a', count: 2 }] });
    }
    // Half an hour without a request.
    await world.clock.advance(30 * 60_000);
    const behind = await explain(world, 2);
    expect(behind.ad['excluded_by']).toBe('others_behind');
    expect(behind.priorities).toMatchObject([{ matched: 2, done: 0, waiting: 0, ready: 2, behind: 1 }]);
    expect((await explain(world, 1)).ad['excluded_by']).toBeNull();
  });

  it('is refused while the ledgers do not answer', async () => {
    const store = createMemoryStateStore();
    let isOut = false;
    const failing = new Proxy(store, {
      get: (target, name: keyof StateStore) =>
        name === 'getMany'
          ? (keys: Parameters<StateStore['getMany']>[0]) =>
              isOut && keys.some(({ pk }) => pk.startsWith('ledger#'))
                ? Promise.reject(new StateStoreError('state-unavailable', 'out'))
                : target.getMany(keys)
          : target[name].bind(target),
    });
    const world = await createDeliveryWorld([goal(2), { country: ['JP'] }], { state: failing, settings });
    isOut = true;
    const body = { placements: [{ id: 'top' }] };
    expect((await world.post('/api/v1/decisions/explain', body)).status).toBe(503);
    // Nothing is asked of a ledger that cannot matter.
    const paused = await world.patch(`/api/v1/ad/${adId(1)}`, { status: 'paused' });
    expect(paused.status).toBe(202);
    await world.clock.advance(2000);
    expect((await world.post('/api/v1/decisions/explain', body)).status).toBe(200);
  });
});
