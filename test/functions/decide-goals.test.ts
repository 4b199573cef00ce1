import { describe, expect, it } from '@jest/globals';
import { adId } from '../support/ad-builder.ts';
import { adsOf, createDeliveryWorld, type DeliveryWorld } from '../support/delivery-world.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';

const goal = (total: number) => ({ goal: { impressions: { total }, pacing: 'asap' } }) as const;
const house = { priority: 16 } as const;
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
