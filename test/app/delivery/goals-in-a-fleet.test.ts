import { describe, expect, it } from '@jest/globals';
import type { Right, RightsAd } from '../../../lib/app/delivery/ad-rights.ts';
import type { Rights } from '../../../lib/app/delivery/rights.ts';
import {
  adWithGoal,
  createGoalWorld,
  dayMs,
  hourMs,
  minuteMs,
  takeOne,
  type GoalWorld,
} from '../../support/goal-world.ts';
import { Prng } from '../../support/prng.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const tickMs = 20_000;

interface Traffic {
  readonly lastsMs: number;
  readonly containers: number;
  readonly requestsPerTick: number;
  /** The part of decisions whose impression is reported. */
  readonly seen: number;
  /** The part of ticks in which a container dies, with what it has in hand. */
  readonly kills?: number;
  /** The part of impressions that is reported again. */
  readonly replays?: number;
  /** Other versions of the ad, by when everybody knows them. */
  readonly versions?: readonly { readonly fromMs: number; readonly ad: RightsAd }[];
}

/** What was counted at the end of each tick, and what it may be. */
class Fleet {
  readonly world: GoalWorld = createGoalWorld();
  readonly #prng = new Prng(7);
  readonly #containers: Rights[] = [];
  /** Decisions by epoch. */
  readonly #spent = new Map<number, number>();
  #reports: { readonly atMs: number; readonly right: Right; readonly id: string }[] = [];
  decisions = 0;
  #ids = 0;

  async run(ad: RightsAd, traffic: Traffic, eachTick: () => Promise<void>): Promise<void> {
    const { clock } = this.world;
    while (this.#containers.length < traffic.containers) this.#containers.push(this.world.container());
    const startMs = clock.nowMs();
    for (let atMs = tickMs; atMs <= traffic.lastsMs; atMs += tickMs) {
      await clock.advance(tickMs);
      const known = traffic.versions?.findLast(({ fromMs }) => clock.nowMs() - startMs >= fromMs)?.ad ?? ad;
      if (this.#prng.chance(traffic.kills ?? 0))
        this.#containers[this.#prng.int(0, traffic.containers - 1)] = this.world.container();
      for (let n = 0; n < traffic.requestsPerTick; n += 1) await this.#decide(known, traffic);
      await this.#report();
      await this.world.settle();
      await eachTick();
    }
  }

  async #decide(ad: RightsAd, { seen, replays = 0 }: Traffic): Promise<void> {
    const right = await takeOne(this.#prng.pick(this.#containers), ad, this.world);
    if (right === undefined) return;
    this.decisions += 1;
    const { epoch, generation } = right;
    const spent = (this.#spent.get(epoch) ?? 0) + 1;
    this.#spent.set(epoch, spent);
    const leased = (await this.world.ledger())?.[`l${epoch}`] as bigint | undefined;
    // Generations without a goal are even, and have no rights.
    if (generation % 2 === 1) expect(spent).toBeLessThanOrEqual(Number(leased));
    if (!this.#prng.chance(seen)) return;
    const id = (this.#ids += 1).toString(16).padStart(32, '0');
    const nowMs = this.world.clock.nowMs();
    // Most at once, some after minutes.
    const times = this.#prng.chance(replays) ? 3 : 1;
    for (let time = 0; time < times; time += 1) {
      const delayMs = this.#prng.chance(0.9) ? 0 : this.#prng.int(0, 9 * minuteMs);
      this.#reports.push({ atMs: nowMs + delayMs, right, id });
    }
  }

  async #report(): Promise<void> {
    const nowMs = this.world.clock.nowMs();
    const due = this.#reports.filter(({ atMs }) => atMs <= nowMs);
    this.#reports = this.#reports.filter(({ atMs }) => atMs > nowMs);
    for (const { right, id } of due) await this.world.report(right, id);
  }
}

async function counted({ counter }: GoalWorld): Promise<number> {
  return Number((await counter())?.['total'] ?? 0n);
}

async function used({ ledger }: GoalWorld): Promise<number> {
  return Number((await ledger())?.['used'] ?? 0n);
}

describe('a goal in a fleet of 50 containers', () => {
  it('of a day, evenly: never over, never far from the line, with deaths and replays', async () => {
    const goal = 2000;
    const ad = adWithGoal({ total: goal, pacing: 'even' }, { endAt: virtualStartMs + dayMs });
    const fleet = new Fleet();
    let furthest = 0;
    await fleet.run(
      ad,
      { lastsMs: dayMs, containers: 50, requestsPerTick: 12, seen: 1, kills: 0.05, replays: 0.1 },
      async () => {
        const total = await counted(fleet.world);
        expect(total).toBeLessThanOrEqual(await used(fleet.world));
        expect(await used(fleet.world)).toBeLessThanOrEqual(goal);
        const line = (goal * (fleet.world.clock.nowMs() - virtualStartMs)) / dayMs;
        furthest = Math.max(furthest, Math.abs(line - total));
      },
    );
    expect(await counted(fleet.world)).toBeGreaterThanOrEqual(0.99 * goal);
    expect(furthest).toBeLessThan(0.05 * goal);
    expect(await fleet.world.counter()).toMatchObject({ duplicate: expect.any(BigInt) as unknown });
  });

  it('as soon as possible: rights that nobody saw come back until it is reached', async () => {
    const goal = 600;
    const fleet = new Fleet();
    await fleet.run(
      adWithGoal({ total: goal, pacing: 'asap' }),
      { lastsMs: 4 * hourMs, containers: 50, requestsPerTick: 20, seen: 0.6, kills: 0.05 },
      async () => {
        expect(await counted(fleet.world)).toBeLessThanOrEqual(await used(fleet.world));
        expect(await used(fleet.world)).toBeLessThanOrEqual(goal);
      },
    );
    expect(await counted(fleet.world)).toBeGreaterThanOrEqual(0.99 * goal);
    expect(fleet.decisions).toBeGreaterThan(goal);
  });

  it('of each local day: no day over, and none short', async () => {
    const daily = 300;
    const fleet = new Fleet();
    // The days of Taipei begin at 16:00 UTC; the first one is a part of one.
    const ad = adWithGoal({ daily, pacing: 'even' }, { timeZone: 'Asia/Taipei' });
    const byDay = new Map<number, number>();
    await fleet.run(
      ad,
      { lastsMs: (16 + 48) * hourMs - tickMs, containers: 50, requestsPerTick: 6, seen: 0.9, replays: 0.1 },
      async () => {
        for (const [name, count] of Object.entries((await fleet.world.counter()) ?? {}))
          if (/^d\d+$/.test(name)) byDay.set(Number(name.slice(1)), Number(count));
        for (const count of byDay.values()) expect(count).toBeLessThanOrEqual(daily);
      },
    );
    const first = virtualStartMs / dayMs;
    expect([...byDay.keys()].sort()).toEqual([first, first + 1, first + 2]);
    expect(byDay.get(first + 1)).toBeGreaterThanOrEqual(0.93 * daily);
    expect(byDay.get(first + 2)).toBeGreaterThanOrEqual(0.93 * daily);
  });
});

describe('a daily goal in a zone whose day', () => {
  // Each runs from two hours before a local midnight, which the third column is, to an hour after the next.
  it.each([
    ['has 23 hours', 'America/New_York', '2026-03-08T05:00:00Z', 23],
    ['has 25 hours', 'America/New_York', '2026-11-01T04:00:00Z', 25],
    ['begins at a quarter past', 'Asia/Kathmandu', '2026-06-30T18:15:00Z', 24],
  ])('%s: not over on any day, and not short', async (_, timeZone, midnight, hours) => {
    const daily = 120;
    const fleet = new Fleet();
    const midnightMs = Date.parse(midnight);
    const startMs = midnightMs - 2 * hourMs;
    await fleet.world.clock.advance(startMs - virtualStartMs);
    const ad = adWithGoal(
      { daily, pacing: 'even' },
      { timeZone, startAt: startMs, endAt: startMs + 90 * hourMs },
    );
    const byDay = new Map<number, number>();
    await fleet.run(
      ad,
      { lastsMs: (2 + hours + 1) * hourMs, containers: 10, requestsPerTick: 2, seen: 0.9, replays: 0.1 },
      async () => {
        for (const [name, count] of Object.entries((await fleet.world.counter()) ?? {}))
          if (/^d\d+$/.test(name)) byDay.set(Number(name.slice(1)), Number(count));
        for (const count of byDay.values()) expect(count).toBeLessThanOrEqual(daily);
      },
    );
    const [before, whole, after] = [...byDay.keys()].sort((one, other) => one - other);
    const local = new Intl.DateTimeFormat('en-CA', { timeZone }).format(midnightMs);
    expect(whole! * dayMs).toBe(Date.parse(local));
    expect([before, after]).toEqual([whole! - 1, whole! + 1]);
    expect(byDay.get(whole!)).toBeGreaterThanOrEqual(0.95 * daily);
    // An hour of the day after it: no more than that hour's part.
    expect(byDay.get(after!)).toBeLessThanOrEqual(daily / 20);
  });
});

describe('a small goal, evenly', () => {
  /** Impressions of each day. Each container takes all requests, one in five minutes, for so long. */
  async function byDay(ad: RightsAd, days: number, containerMs: number): Promise<number[]> {
    const world = createGoalWorld();
    const counts = Array.from({ length: days }, () => 0);
    let container = world.container();
    const waitMs = 5 * minuteMs;
    for (let atMs = waitMs; atMs < days * dayMs; atMs += waitMs) {
      await world.clock.advance(waitMs);
      if (atMs % containerMs < waitMs) container = world.container();
      const right = await takeOne(container, ad, world);
      if (right !== undefined) {
        counts[Math.floor(atMs / dayMs)]! += 1;
        await world.report(right);
      }
      await world.settle();
    }
    return counts;
  }

  it('is reached each day by one container', async () => {
    const ad = adWithGoal({ daily: 10, pacing: 'even' }, { endAt: virtualStartMs + 3 * dayMs });
    expect(await byDay(ad, 3, Infinity)).toEqual([10, 10, 10]);
  });

  it('is not reached sooner because each container is a new one', async () => {
    const ad = adWithGoal({ total: 10, pacing: 'even' }, { endAt: virtualStartMs + 10 * dayMs });
    const counts = await byDay(ad, 3, 70 * minuteMs);
    // One right is free at the start.
    expect(counts[0]).toBeLessThanOrEqual(2);
    expect([3, 4]).toContain(counts.reduce((sum, count) => sum + count));
  });
});

describe('a goal that changes in a fleet of 50 containers', () => {
  it('that is lowered: no decision from then on, and no more counted than was out', async () => {
    const fleet = new Fleet();
    const ad = adWithGoal({ total: 2000, pacing: 'asap' });
    const lower = adWithGoal({ total: 100, pacing: 'asap' }, { version: 9 });
    let before: { readonly used: number; readonly decisions: number } | undefined;
    await fleet.run(
      ad,
      {
        ...{ lastsMs: hourMs, containers: 50, requestsPerTick: 10, seen: 0.8 },
        versions: [{ fromMs: 10 * minuteMs, ad: lower }],
      },
      async () => {
        if (fleet.world.clock.nowMs() - virtualStartMs < 10 * minuteMs - tickMs) return;
        before ??= { used: await used(fleet.world), decisions: fleet.decisions };
        expect(before.used).toBeGreaterThan(100);
        expect(fleet.decisions).toBe(before.decisions);
        expect(await counted(fleet.world)).toBeLessThanOrEqual(before.used);
      },
    );
  });

  it('set on an ad that was shown without one, removed, and set again', async () => {
    const fleet = new Fleet();
    const set = adWithGoal({ total: 50, pacing: 'asap' });
    const removed: RightsAd = { ...set, version: 6, generation: 2, goal: undefined };
    const again = adWithGoal({ total: 400, pacing: 'asap' }, { version: 7, generation: 3 });
    let highest = 0;
    await fleet.run(
      set,
      {
        ...{ lastsMs: 2 * hourMs, containers: 50, requestsPerTick: 3, seen: 1 },
        versions: [
          { fromMs: 20 * minuteMs, ad: removed },
          { fromMs: 30 * minuteMs, ad: again },
        ],
      },
      async () => {
        const total = await counted(fleet.world);
        const sinceMs = fleet.world.clock.nowMs() - virtualStartMs;
        if (sinceMs < 20 * minuteMs) expect(total).toBeLessThanOrEqual(50);
        highest = Math.max(highest, total);
      },
    );
    expect(highest).toBe(400);
    expect(fleet.world.orders.map(({ generation }) => generation)).toEqual(
      fleet.world.orders.map(({ generation }) => generation).sort(),
    );
  });
});
