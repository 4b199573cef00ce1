import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { rotateSigningKeys } from '../../lib/app/delivery/signing-keys.ts';
import type { AdContent } from '../../lib/core/ads/ad.ts';
import type { Frequency } from '../../lib/core/ads/frequency.ts';
import type { AppendResult } from '../../lib/ports/event-log.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { adEpochMs, adId } from '../support/ad-builder.ts';
import { adsOf, createDeliveryWorld, type DecidedAd, type DeliveryWorld } from '../support/delivery-world.ts';
import { overrideState } from '../support/faulty-ad-ports.ts';
import { toEvent } from '../support/proxy-event.ts';

const dayMs = 86_400_000;
/** On air for years, so that windows end before ads do. */
const endAt = adEpochMs + 1000 * dayMs;
const cap = (max: number, more: Partial<Frequency> = {}): Partial<AdContent> => ({
  endAt,
  frequency: { max, per: 'P1D', scope: 'ad', ...more },
});
const house: Partial<AdContent> = { endAt, priority: 16 };
const caller = { principal: 'p' };
const numbers = (ads: readonly DecidedAd[]): number[] =>
  ads.map(({ title }) => Number(title.slice('AD '.length)));

type World = DeliveryWorld;
const decideFor = async (world: World, user: string | undefined, body: object = {}): Promise<number[]> => {
  const reply = await world.decide({ ...(user !== undefined && { user }), ...body }, caller);
  expect(reply.status).toBe(200);
  return numbers(adsOf(reply));
};
const times = async (count: number, once: () => Promise<number[]>): Promise<number[][]> => {
  const all: number[][] = [];
  for (let n = 0; n < count; n += 1) all.push(await once());
  return all;
};
const itemsOf = (world: World) =>
  world.memoryState.all().map(({ key: { pk, sk }, attributes }) => ({ pk, sk, attributes }));
const capsOf = (world: World) => itemsOf(world).filter(({ pk }) => pk.startsWith('freq#'));
const four = { placements: [{ id: 'a', count: 4 }] };

/** The store, of whose calls some for caps fail or hang. */
function breakable(world: World): { state: StateStore; set(mode: 'fine' | 'fails' | 'hangs'): void } {
  let mode = 'fine';
  const disturbed = <Answer>(isOfCaps: boolean, call: () => Promise<Answer>): Promise<Answer> => {
    if (!isOfCaps || mode === 'fine') return call();
    if (mode === 'hangs') return new Promise(() => undefined);
    return Promise.reject(new StateStoreError('state-unavailable', 'down'));
  };
  const { state } = world.ports;
  return {
    state: overrideState(state, {
      query: (range) => disturbed(range.pk.startsWith('freq#'), () => state.query(range)),
      writeEach: (actions) => disturbed(true, () => state.writeEach(actions)),
    }),
    set: (next) => {
      mode = next;
    },
  };
}

/** Decisions of another container over the same stores. */
function container(world: World, state = world.ports.state) {
  const decide = createDecideAds({ ...world.ports, state });
  return async (body: object) => {
    const event = toEvent({
      ...{ method: 'POST', path: '/api/v1/decisions', principal: 'p' },
      headers: { 'Content-Type': 'application/json' },
      body: { placements: [{ id: 'a' }], ...body },
    });
    const { statusCode, headers, body: text } = await decide(event);
    const json = JSON.parse(text) as unknown;
    return { status: statusCode, degraded: headers?.['Delivery-Degraded'], ads: numbers(adsOf({ json })) };
  };
}

describe('a frequency cap', () => {
  it('lets a user have an ad so many times in its window, and then others', async () => {
    const world = await createDeliveryWorld([cap(3), house]);
    expect(await times(5, () => decideFor(world, 'ann'))).toEqual([[1], [1], [1], [2], [2]]);
    expect(await times(4, () => decideFor(world, 'bob'))).toEqual([[1], [1], [1], [2]]);
  });

  it('begins anew with the next window, whether or not the store has removed the last one', async () => {
    const world = await createDeliveryWorld([cap(1, { per: 'PT1H' }), house]);
    // It is 0:01 by the clock of the world.
    expect(await times(2, () => decideFor(world, 'ann'))).toEqual([[1], [2]]);
    await world.clock.advance(59 * 60_000 - 1);
    expect(await decideFor(world, 'ann')).toEqual([2]);
    await world.clock.advance(1);
    expect(await times(2, () => decideFor(world, 'ann'))).toEqual([[1], [2]]);
  });

  it('keeps its items for an hour after the window, because clocks differ', async () => {
    const world = await createDeliveryWorld([cap(1)]);
    await decideFor(world, 'ann');
    const items = capsOf(world);
    expect(items).toHaveLength(1);
    const [{ pk, sk, attributes }] = items as [(typeof items)[number]];
    expect(pk).toMatch(/^freq#[0-9a-f]{32}$/);
    const midnight = (adEpochMs + dayMs) / 1000;
    expect(sk).toBe(`0${midnight}#01440#a${adId(1)}`);
    expect(attributes).toEqual({ n: 1n, expires_at: BigInt(midnight + 3600) });
  });

  it('of periods that end together is counted apart', async () => {
    const world = await createDeliveryWorld(
      [cap(1, { per: 'P1D', scope: 'campaign' }), cap(1, { per: 'PT12H', scope: 'campaign' }), house].map(
        (ad, n) => (n < 2 ? { ...ad, campaignId: 'tea', priority: n + 1 } : ad),
      ),
    );
    await world.clock.advance(12 * 3_600_000);
    expect(await times(3, () => decideFor(world, 'ann'))).toEqual([[1], [2], [3]]);
  });

  it('of a campaign counts its ads together', async () => {
    const ofTea = { ...cap(2, { scope: 'campaign' }), campaignId: 'tea' };
    const world = await createDeliveryWorld([
      { ...ofTea, priority: 1 },
      { ...ofTea, priority: 2, gender: ['F'] },
      { ...ofTea, campaignId: 'coffee', priority: 3 },
      house,
    ]);
    const ad1 = { exclude: { ads: [adId(2)] } };
    const ad2 = { exclude: { ads: [adId(1)] } };
    expect(await decideFor(world, 'ann', ad1)).toEqual([1]);
    expect(await decideFor(world, 'ann', ad2)).toEqual([2]);
    expect(await decideFor(world, 'ann')).toEqual([3]);
    expect(await decideFor(world, 'bob')).toEqual([1]);
  });

  it('is of an ad alone although its campaign has more', async () => {
    const ofTea = { ...cap(1), campaignId: 'tea' };
    const world = await createDeliveryWorld([{ ...ofTea, priority: 1 }, { ...ofTea, priority: 2 }, house]);
    expect(await times(3, () => decideFor(world, 'ann'))).toEqual([[1], [2], [3]]);
  });

  it('draws anew for all that was refused, the higher priority first, and nothing twice', async () => {
    const world = await createDeliveryWorld([
      { ...cap(1), priority: 1 },
      { ...cap(2), priority: 2, campaignId: 'tea' },
      { endAt, priority: 3, campaignId: 'tea' },
      { endAt, priority: 4 },
      { ...cap(1), priority: 5 },
      house,
    ]);
    expect(await times(3, () => decideFor(world, 'ann', four))).toEqual([
      [1, 2, 4, 5],
      // Ad 5 has had its turn too.
      [2, 4, 6],
      [3, 4, 6],
    ]);
  });

  it('finds its place among hundreds that the user has had', async () => {
    const world = await createDeliveryWorld([...Array.from({ length: 300 }, () => cap(1)), house]);
    const seen = new Set<number>();
    for (let n = 0; n < 31; n += 1)
      for (const id of await decideFor(world, 'ann', { placements: [{ id: 'a', count: 10 }] })) seen.add(id);
    expect(seen.size).toBe(301);
  });

  it('is of a day of the zone of its goal', async () => {
    const goal = { impressions: { daily: 9 }, pacing: 'asap' as const, timezone: 'Asia/Taipei' };
    const world = await createDeliveryWorld([{ ...cap(1), goal }, house]);
    // The first decision opens the ledger of the goal.
    expect(await decideFor(world, 'bob')).toEqual([2]);
    await world.clock.advance(2000);
    expect(await times(2, () => decideFor(world, 'ann'))).toEqual([[1], [2]]);
    const next = async (): Promise<number[]> => {
      await world.clock.advance(60_000);
      return decideFor(world, 'ann');
    };
    // Rights that were out for hours come back first, by an order in the log.
    await world.clock.advance(15 * 3_600_000);
    expect(await times(58, next)).toEqual(Array.from({ length: 58 }, () => [2]));
    // Midnight in Taipei.
    expect((await times(3, next)).flat().filter((ad) => ad === 1)).toEqual([1]);
  });
});

describe('a request without a user', () => {
  it('gets no capped ad, unless the ad says so, which then counts for nobody', async () => {
    const world = await createDeliveryWorld([
      cap(1),
      cap(1, { anonymous: 'serve' }),
      cap(1, { anonymous: 'skip' }),
    ]);
    expect(await times(3, () => decideFor(world, undefined, four))).toEqual([[2], [2], [2]]);
    expect(capsOf(world)).toEqual([]);
    expect((await decideFor(world, 'ann', four)).sort()).toEqual([1, 2, 3]);
  });
});

describe('100 requests of a user at once, over 10 containers', () => {
  it('never get more than the cap, and as much as the cap', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom('ad' as const, 'campaign' as const),
        fc.array(fc.nat(3), { minLength: 7, maxLength: 7 }),
        async (max, scope, delays) => {
          const ads = [1, 2].map(() => ({ ...cap(max, { scope }), campaignId: 'tea' }));
          const world = await createDeliveryWorld([...ads, house]);
          const { state } = world.ports;
          // Each call waits a little, so that the calls of several requests come between those of another.
          let turn = 0;
          const late = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
            for (let n = delays[turn++ % delays.length] ?? 0; n > 0; n -= 1) await Promise.resolve();
            return call();
          };
          const slow = overrideState(state, {
            get: (key) => late(() => state.get(key)),
            query: (range) => late(() => state.query(range)),
            write: (action) => late(() => state.write(action)),
            writeEach: (actions) => late(() => state.writeEach(actions)),
          });
          const containers = Array.from({ length: 10 }, () => container(world, slow));
          const replies = await Promise.all(
            Array.from({ length: 100 }, (_, n) => containers[n % 10]!({ user: 'ann' })),
          );
          const got = (ad: number): number => replies.filter(({ ads: [id] }) => id === ad).length;
          const capped = got(1) + got(2);
          expect(Math.max(got(1), got(2))).toBeLessThanOrEqual(max);
          expect(capped).toBeLessThanOrEqual(scope === 'campaign' ? max : 2 * max);
          expect(capped + got(3)).toBe(100);
          expect(replies.map(({ degraded }) => degraded)).toEqual(replies.map(() => undefined));
          // Those that are left go to the requests that follow.
          const all = [...replies];
          for (let n = 0; n < 2 * max - capped; n += 1) all.push(await containers[0]!({ user: 'ann' }));
          const total = all.filter(({ ads: [id] }) => id !== 3).length;
          expect(total).toBe(scope === 'campaign' ? max : 2 * max);
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe('while the store fails', () => {
  it.each(['fails', 'hangs'] as const)(
    'that %s, ads without a cap are shown, and the answer says so',
    async (mode) => {
      const world = await createDeliveryWorld([cap(3), cap(3), house]);
      const broken = breakable(world);
      const decide = container(world, broken.state);
      const all = { user: 'ann', ...four };
      expect(await decide(all)).toEqual({ status: 200, degraded: undefined, ads: expect.any(Array) });
      broken.set(mode);
      const sinceMs = world.clock.monotonicMs();
      expect(await decide(all)).toEqual({ status: 200, degraded: 'frequency', ads: [3] });
      expect(world.clock.monotonicMs() - sinceMs).toBe(mode === 'hangs' ? 100 : 0);
      expect(world.telemetry.total('decisions_degraded')).toBe(1);
      expect(await decide({ ...four })).toEqual({ status: 200, degraded: undefined, ads: [3] });
      broken.set('fine');
      expect((await decide(all)).ads).toHaveLength(3);
    },
  );

  it('a query that fails leaves what was counted before', async () => {
    const world = await createDeliveryWorld([{ ...cap(1), priority: 1 }, { ...cap(9), priority: 2 }, house]);
    const { state } = world.ports;
    const failing = overrideState(state, {
      query: (range) =>
        range.pk.startsWith('freq#')
          ? Promise.reject(new StateStoreError('state-unavailable', 'down'))
          : state.query(range),
    });
    const decide = container(world, failing);
    const two = { user: 'ann', placements: [{ id: 'a', count: 2 }] };
    expect(await decide(two)).toEqual({ status: 200, degraded: undefined, ads: [1, 2] });
    expect(await decide(two)).toEqual({ status: 200, degraded: 'frequency', ads: [2, 3] });
  });

  it('a write whose answer is lost is counted, and its ad is not shown', async () => {
    const world = await createDeliveryWorld([cap(2), house]);
    const { state } = world.ports;
    let isLost = true;
    const lossy = overrideState(state, {
      writeEach: async (actions) => {
        const results = await state.writeEach(actions);
        return isLost ? results.map(() => new StateStoreError('state-unavailable', 'lost')) : results;
      },
    });
    const decide = container(world, lossy);
    expect(await decide({ user: 'ann' })).toMatchObject({ degraded: 'frequency', ads: [2] });
    isLost = false;
    expect((await decide({ user: 'ann' })).ads).toEqual([1]);
    expect((await decide({ user: 'ann' })).ads).toEqual([2]);
  });
});

describe('a rotation of keys', () => {
  it('changes nothing within a window, and the next window has another hash', async () => {
    const world = await createDeliveryWorld([cap(1, { per: 'P30D' }), cap(1, { per: 'PT1H' }), house]);
    const both = { placements: [{ id: 'a', count: 2 }] };
    expect((await decideFor(world, 'ann', both)).sort()).toEqual([1, 2]);
    await world.clock.advance(dayMs);
    expect((await rotateSigningKeys(world.ports)).status).toBe('made');
    await world.clock.advance(3_600_000);
    expect(await decideFor(world, 'ann', both)).toEqual([2, 3]);
    expect(await decideFor(world, 'ann', both)).toEqual([3]);
    const partitions = new Set(capsOf(world).map(({ pk }) => pk));
    expect(partitions.size).toBe(2);
  });
});

describe('a decision that is counted as it is made', () => {
  const served = { user: 'ann', count: 'served' };

  it('counts once for its key, also when its first run died after its draft', async () => {
    const world = await createDeliveryWorld([cap(2), house]);
    const { increments } = world.ports;
    const append = increments.append.bind(increments);
    increments.append = (entries) =>
      Promise.resolve(entries.map(() => ({ status: 'unknown' }) as AppendResult));
    const ask = (): ReturnType<World['decide']> => world.decide(served, { principal: 'p', key: 'k' });
    expect((await ask()).status).toBe(503);
    increments.append = append;
    const [second, third] = [await ask(), await ask()];
    expect(numbers(adsOf(second))).toEqual([1]);
    expect(third.text).toBe(second.text);
    expect(capsOf(world).map(({ attributes }) => attributes['n'])).toEqual([1n]);
  });
});

describe('a cap behind ads that have a goal', () => {
  const goal: Partial<AdContent> = {
    endAt,
    goal: { impressions: { total: 100 }, pacing: 'asap' },
    priority: 1,
  };

  it('is counted although their rights were waited for, and nothing is said to be degraded', async () => {
    const world = await createDeliveryWorld([goal, goal, goal, cap(1)]);
    const ask = container(world);
    // No ledger is there yet, so no ad with a goal is ready.
    expect(await ask({ user: 'ann' })).toEqual({ status: 200, degraded: undefined, ads: [4] });
    expect(capsOf(world)).toHaveLength(1);
  });
});

describe('an explanation', () => {
  it('names the cap of a user, and of nobody', async () => {
    const world = await createDeliveryWorld([cap(1), cap(1, { anonymous: 'serve' }), house]);
    const explain = async (user: string | undefined, n: number): Promise<unknown> => {
      const { json } = await world.send({
        ...{ method: 'POST', path: '/api/v1/decisions/explain', principal: 'p' },
        headers: { 'Content-Type': 'application/json' },
        body: { placements: [{ id: 'a' }], ad: adId(n), ...(user !== undefined && { user }) },
      });
      const { priorities, ad } = json as {
        priorities: { capped: number; ready: number }[];
        ad: { excluded_by: string | null };
      };
      return [priorities.map(({ capped, ready }) => [capped, ready]), ad.excluded_by];
    };
    expect(await explain(undefined, 1)).toEqual([
      [
        [1, 1],
        [0, 1],
      ],
      'capped',
    ]);
    expect(await explain('ann', 1)).toEqual([
      [
        [0, 2],
        [0, 1],
      ],
      null,
    ]);
    await decideFor(world, 'ann', { exclude: { ads: [adId(2)] } });
    expect(await explain('ann', 1)).toEqual([
      [
        [1, 1],
        [0, 1],
      ],
      'capped',
    ]);
    expect(await explain('ann', 2)).toEqual([
      [
        [1, 1],
        [0, 1],
      ],
      null,
    ]);
    expect(await explain('bob', 1)).toEqual([
      [
        [0, 2],
        [0, 1],
      ],
      null,
    ]);
    // It counts nothing itself.
    const counts = capsOf(world);
    expect(counts).toHaveLength(1);
  });
});

it('a user is in no item, no line and no answer', async () => {
  const user = 'user-4711@example.com';
  const world = await createDeliveryWorld([cap(2), house]);
  const reply = await world.decide({ user }, { principal: 'p', key: 'k' });
  const items = itemsOf(world);
  expect(items.length).toBeGreaterThan(3);
  const kept = [
    reply.text,
    JSON.stringify(reply.headers),
    JSON.stringify(items, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    JSON.stringify(world.telemetry.lines),
  ];
  for (const text of kept) expect(text).not.toContain('4711');
});
