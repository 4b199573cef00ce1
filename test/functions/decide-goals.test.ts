import { describe, expect, it } from '@jest/globals';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { encodeAdEvent } from '../../lib/app/ads/ad-event-codec.ts';
import { adEventsPartitionKey } from '../../lib/core/streams.ts';
import { adEpochMs, adId } from '../support/ad-builder.ts';
import { adExpired, hourMs } from '../support/ad-event-builder.ts';
import { adsOf, createDeliveryWorld, type DeliveryWorld } from '../support/delivery-world.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { toEvent } from '../support/proxy-event.ts';

const goal = (total: number) => ({ goal: { impressions: { total }, pacing: 'asap' } }) as const;
const house = { priority: 16 } as const;
const dayMs = 86_400_000;
const local = stageSettings('local');

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
    const world = await createDeliveryWorld([goal(3), house]);
    // The first one logs that the generation opens; a container then waits about a second.
    const ids = await shown(world, 20);
    expect(ids[0]).toBe(adId(2));
    expect(ids.filter((id) => id === adId(1))).toHaveLength(3);
    expect(ids.slice(-5)).toEqual(Array(5).fill(adId(2)));
  });

  it('are counted in its generation, and a beacon of before the goal is late', async () => {
    const world = await createDeliveryWorld([{}, house]);
    const before = await world.decideOne();
    await world.patch(`/api/v1/ad/${adId(1)}`, { goal: { impressions: { total: 20 }, pacing: 'asap' } });
    await shown(world, 4);
    const { decision } = await world.decideOne();
    await world.visit(decision.impression_url!);
    await world.visit(before.decision.impression_url!);
    expect(await world.numbers(adId(1))).toMatchObject({ impressions: 1, notCounted: { late: 1 } });
  });

  it('begin again without limit where the goal is removed', async () => {
    const world = await createDeliveryWorld([goal(1)]);
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
    const world = await createDeliveryWorld([goal(1000), house], { state: failing });
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
      ...{ state: failing, settings: { ...local, reader } },
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
    const world = await createDeliveryWorld([goal(10), house]);
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
  const reply = await askWhy(world, body);
  expect(reply.status).toBe(200);
  return reply.json as Explained;
}

/** With a token, as the gateway says, or without. */
function askWhy(
  world: DeliveryWorld,
  body: object,
  caller: { readonly principal?: string } = { principal: 'p' },
) {
  const headers = { 'Content-Type': 'application/json' };
  return world.send({ ...caller, method: 'POST', path: '/api/v1/decisions/explain', headers, body });
}

const excludedBy = async (world: DeliveryWorld, n: number): Promise<unknown> =>
  (await explain(world, n)).ad['excluded_by'];

describe('an explanation of an ad with a goal', () => {
  it('says that it waits for its ledger, is ready, waits for what is out, and is done', async () => {
    const world = await createDeliveryWorld([goal(2), house]);
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
    const world = await createDeliveryWorld([daily, {}]);
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
    const world = await createDeliveryWorld([goal(2), { country: ['JP'] }], { state: failing });
    isOut = true;
    const body = { placements: [{ id: 'top' }] };
    expect((await askWhy(world, body)).status).toBe(503);
    // Nothing is asked of a ledger that cannot matter.
    const paused = await world.patch(`/api/v1/ad/${adId(1)}`, { status: 'paused' });
    expect(paused.status).toBe(202);
    await world.clock.advance(2000);
    expect((await askWhy(world, body)).status).toBe(200);
  });

  it('looks at no goal without a token, except on a server that needs none', async () => {
    const store = createMemoryStateStore();
    let ledgers = 0;
    const watched = new Proxy(store, {
      get: (target, name: keyof StateStore) =>
        name === 'getMany'
          ? (keys: Parameters<StateStore['getMany']>[0]) => {
              ledgers += keys.filter(({ pk }) => pk.startsWith('ledger#')).length;
              return target.getMany(keys);
            }
          : target[name].bind(target),
    });
    const world = await createDeliveryWorld([goal(2), house], { state: watched });
    const body = { placements: [{ id: 'top' }], ad: adId(1) };
    const stranger = (await askWhy(world, body, {})).json as Explained;
    expect(stranger.ad).toEqual({ id: adId(1), excluded_by: null });
    expect(stranger.priorities[0]).toMatchObject({
      done: 0,
      waiting: 0,
      ready: 1,
      behind: 0,
      goals_unread: 1,
    });
    expect(ledgers).toBe(0);

    const known = (await askWhy(world, body)).json as Explained;
    expect(known.ad).toMatchObject({ excluded_by: 'waiting' });
    expect(known.priorities[0]).not.toHaveProperty('goals_unread');
    const open = createDecideAds({ ...world.ports, isOpen: () => true });
    const event = { method: 'POST', path: '/api/v1/decisions/explain' } as const;
    const reply = await open(toEvent({ ...event, headers: { 'Content-Type': 'application/json' }, body }));
    expect((JSON.parse(reply.body) as Explained).ad).toMatchObject({ excluded_by: 'waiting' });
    expect(ledgers).toBe(2);
  });
});

interface Point {
  readonly at: string;
  readonly planned?: number;
}

const reportOf = async (world: DeliveryWorld, n: number, query = 'bucket=hour') => {
  const reply = await world.get(`/api/v1/ad/${adId(n)}/delivery?${query}`);
  expect(reply.status).toBe(200);
  return reply.json as Readonly<Record<string, unknown>> & { readonly points: readonly Point[] };
};

/** The counted impressions and what is said of the goal. */
const goalIn = ({
  impressions,
  goal,
  remaining,
  today,
  rights,
  pace,
}: Readonly<Record<string, unknown>>) => ({
  ...{ impressions, goal, remaining, today, rights, pace },
});

describe('a report of an ad with a goal', () => {
  const even = { impressions: { total: 1440 }, pacing: 'even' } as const;
  const oneDay = { goal: even, endAt: adEpochMs + dayMs };

  it('has the goal before its ledger is open, and the plan of each bucket', async () => {
    const world = await createDeliveryWorld([oneDay]);
    // A minute of a day has gone by, less the 26 minutes at its end.
    const planned = Math.floor(1440 / (1440 - 26));
    const report = await reportOf(world, 1, 'bucket=hour&from=2026-11-20T22:00:00Z&to=2026-11-21T02:00:00Z');
    expect(goalIn(report)).toEqual({
      ...{ impressions: 0, goal: even, remaining: 1440, today: undefined },
      rights: { out: 0, returned: 0 },
      pace: { planned, ratio: 0, state: 'on_plan' },
    });
    const hour = Math.floor((1440 * 60) / (1440 - 26));
    expect(report.points.map((point) => point.planned)).toEqual([0, 0, hour, hour]);
  });

  it('has what is left and out, of one read, and rights that came back', async () => {
    const world = await createDeliveryWorld([goal(5)]);
    await shown(world, 3);
    const seen = await world.decideOne();
    await world.visit(seen.decision.impression_url!);
    await world.clock.advance(1);
    const early = await reportOf(world, 1);
    const { used } = (await world.memoryState.get({
      ...{ table: 'delivery', pk: `ledger#${adId(1)}`, sk: '' },
    })) as { used: bigint };
    expect(goalIn(early)).toEqual({
      ...{ impressions: 1, remaining: 4, today: undefined },
      goal: { impressions: { total: 5 }, pacing: 'asap' },
      rights: { out: Number(used) - 1, returned: 0 },
      pace: { planned: 5, ratio: 0.2, state: 'on_plan' },
    });
    expect(Object.keys(early.points[0]!)).toEqual(['at', 'impressions', 'clicks']);
    // Nobody sees the others, so they come back and go out again.
    for (let n = 0; n < 20; n += 1) {
      await world.clock.advance(120_000);
      await world.decide();
    }
    const late = goalIn(await reportOf(world, 1)) as { rights: { out: number; returned: number } };
    expect(late).toMatchObject({ impressions: 1, remaining: 4 });
    expect(late.rights.returned).toBeGreaterThanOrEqual(Number(used) - 1);
    expect(late.rights.out).toBeLessThanOrEqual(4);
  });

  it('has the day of its zone, and goes on after its end and without the setting', async () => {
    const daily = { impressions: { daily: 3, total: 9 }, pacing: 'asap', timezone: 'Asia/Taipei' } as const;
    const endAt = adEpochMs + 5 * hourMs;
    const world = await createDeliveryWorld([{ goal: daily, endAt, campaignId: 'tea' }]);
    // The first one opens the ledger.
    await world.decide();
    await world.clock.advance(2000);
    for (let n = 0; n < 3; n += 1) {
      const { decision } = await world.decideOne();
      await world.visit(decision.impression_url!);
      await world.clock.advance(1000);
    }
    const wanted = {
      ...{ impressions: 3, goal: daily, remaining: 6 },
      today: { date: '2026-11-21', impressions: 3, remaining: 0 },
      rights: { out: 0, returned: 0 },
      pace: { planned: 3, ratio: 1, state: 'done' },
    };
    expect(goalIn(await reportOf(world, 1))).toEqual(wanted);
    const ofCampaign = async (query = '') => {
      const { json } = await world.get(`/api/v1/delivery?campaign_id=tea${query}`);
      return (json as { ads: readonly Readonly<Record<string, unknown>>[] }).ads.map(goalIn);
    };
    expect(await ofCampaign()).toEqual([wanted]);
    const off = createDecideAds({
      ...world.ports,
      settings: { ...local, delivery: { ...local.delivery, goals: false } },
    });
    const path = `/api/v1/ad/${adId(1)}/delivery`;
    const event = toEvent({ path: `${path}?bucket=day`, principal: 'p' });
    expect(goalIn(JSON.parse((await off(event)).body) as Record<string, unknown>)).toEqual(wanted);

    await world.clock.advance(5 * hourMs);
    await world.adEvents.append([
      { partitionKey: adEventsPartitionKey, data: encodeAdEvent(adExpired(1, endAt)) },
    ]);
    await world.clock.advance(1000);
    const ended = { ...wanted, today: undefined, pace: { planned: 3, ratio: 1, state: 'done' } };
    expect(goalIn(await reportOf(world, 1))).toEqual(ended);
    expect(await ofCampaign()).toEqual([]);
    expect(await ofCampaign('&status=ended')).toEqual([ended]);
  });

  it('has the rights of each ad of a campaign', async () => {
    const tea = { campaignId: 'tea' } as const;
    const ads = [{ ...tea, ...house }, { ...tea, ...goal(5) }, tea, { ...tea, ...goal(7), priority: 1 }];
    const world = await createDeliveryWorld(ads);
    await shown(world, 3);
    const { json } = await world.get('/api/v1/delivery?campaign_id=tea');
    const found = (json as { ads: readonly Readonly<Record<string, unknown>>[] }).ads;
    const outOf = ({ rights }: Readonly<Record<string, unknown>>) =>
      (rights as { out: number } | undefined)?.out;
    const own = await Promise.all([1, 2, 3, 4].map(async (n) => outOf(await reportOf(world, n))));
    expect([own[0], own[2]]).toEqual([undefined, undefined]);
    expect(own[3]).toBeGreaterThan(0);
    for (const ad of found)
      expect([ad['id'], outOf(ad)]).toEqual([ad['id'], own[Number(String(ad['id']).slice(-2)) - 1]]);
    expect(found).toHaveLength(4);
  });

  it('says nothing of goals of an ad without one, of one that has lost it, and of none', async () => {
    const world = await createDeliveryWorld([{}, goal(5)]);
    await world.patch(`/api/v1/ad/${adId(2)}`, { goal: null });
    await world.clock.advance(2000);
    const query = 'bucket=hour&from=2026-11-21T00:00:00Z&to=2026-11-21T01:00:00Z';
    for (const n of [1, 2, 9]) {
      const { text } = await world.get(`/api/v1/ad/${adId(n)}/delivery?${query}`);
      expect(text).toBe(
        `{"id":"${adId(n)}","impressions":0,"clicks":0,"ctr":null,` +
          '"not_counted":{"duplicate":0,"late":0,"invalid":{"bot":0,"prefetch":0,"no_user_agent":0}},' +
          '"bucket":"hour","from":"2026-11-21T00:00:00.000Z","to":"2026-11-21T01:00:00.000Z",' +
          '"points":[{"at":"2026-11-21T00:00:00.000Z","impressions":0,"clicks":0}]}',
      );
    }
  });

  it('reads no ad where neither the stage nor the counter knows of goals', async () => {
    const reads: string[] = [];
    const store = createMemoryStateStore();
    const noting = new Proxy(store, {
      get: (target, name: keyof StateStore) =>
        name === 'get'
          ? (key: Parameters<StateStore['get']>[0]) => {
              reads.push(`${key.table} ${key.pk}`);
              return target.get(key);
            }
          : target[name].bind(target),
    });
    const settings = { ...local, delivery: { ...local.delivery, goals: false } };
    const world = await createDeliveryWorld([{}], { state: noting, settings });
    reads.length = 0;
    await world.get(`/api/v1/ad/${adId(1)}/delivery?bucket=hour`);
    expect(reads).toEqual([]);
  });
});
