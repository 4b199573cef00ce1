import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CountedRights } from '../../../../lib/core/delivery/goals/counted-rights.ts';
import { plannedBetween, reportGoal } from '../../../../lib/core/delivery/goals/goal-report.ts';
import type { Ledger } from '../../../../lib/core/delivery/goals/ledger.ts';
import { LocalDays } from '../../../../lib/core/delivery/goals/local-days.ts';
import { nothingUsed, type Goal } from '../../../../lib/core/delivery/goals/plan.ts';
import type { GoalAd } from '../../../../lib/core/delivery/goals/standing.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 5, 1);
const noon = start + 12 * hour;
const today = start / day;
const impressionMinutes = 10;

const adWith = (goal: Goal, fields: Partial<GoalAd> = {}, zone = 'UTC'): GoalAd => ({
  ...{ version: 3, generation: 1, startAt: start, endAt: start + 10 * day },
  goal: { of: goal, days: new LocalDays(zone) },
  ...fields,
});

const noLedger: Ledger = {
  ...{ generation: 1, plan: 3, used: 0, closed: 0, line: undefined, since: undefined },
  ...{ leased: new Map(), days: new Map(), returned: 0, over: 0 },
};

interface Numbers {
  readonly counted?: number;
  readonly countedToday?: number;
  readonly generation?: number;
  /** undefined: there is none. */
  readonly ledger?: Partial<Ledger> | undefined;
}

function report(
  ad: GoalAd,
  atMs: number,
  { counted = 0, countedToday = 0, generation = 1, ledger }: Numbers,
) {
  const counter: CountedRights = {
    ...{ generation, total: counted, closed: undefined, counted: new Map() },
    days: new Map([[today, countedToday]]),
  };
  const items = { counter, ledger: ledger && { ...noLedger, ...ledger } };
  return reportGoal(ad, items, { atMs, impressionMinutes });
}

describe('the report of a goal in all', () => {
  const even = adWith({ total: 1000, pacing: 'even' });

  it('has what is left, the rights that are out, and the pace', () => {
    const ledger = { used: 120, returned: 30 };
    // Half a day of ten days, less 26 minutes.
    expect(report(even, noon, { counted: 100, ledger })).toEqual({
      remaining: 900,
      today: undefined,
      rights: { out: 20, returned: 30 },
      pace: { planned: 50, ratio: 2, state: 'on-plan' },
    });
  });

  it('has no rights out without a ledger of the same goal', () => {
    const none = { out: 0, returned: 0 };
    expect(report(even, noon, { counted: 5 }).rights).toEqual(none);
    const ledger = { used: 120, returned: 30 };
    expect(report(even, noon, { counted: 5, generation: 3, ledger }).rights).toEqual(none);
    // A counter that was restored.
    expect(report(even, noon, { counted: 130, ledger }).rights.out).toBe(0);
  });

  it.each([
    ['has not started', start - 1, 0, { planned: 0, ratio: undefined, state: 'waiting' }],
    ['is behind', noon, 39, { planned: 50, ratio: 0.78, state: 'behind' }],
    ['is reached', noon, 1000, { planned: 50, ratio: 20, state: 'done' }],
    ['is over', start + 10 * day, 500, { planned: 1000, ratio: 0.5, state: 'over' }],
  ])('that %s has a pace that says so', (_, atMs, counted, pace) => {
    expect(report(even, atMs, { counted }).pace).toEqual(pace);
  });

  it('that was lowered below its impressions has nothing left', () => {
    expect(report(even, noon, { counted: 1001 })).toMatchObject({ remaining: 0, pace: { state: 'done' } });
  });
});

describe('the report of a goal of each day', () => {
  const daily = adWith({ daily: 240, pacing: 'even' });
  const both = adWith({ daily: 240, total: 1000, pacing: 'even' });

  it('has the day, and nothing in all', () => {
    // Half a day less 26 minutes.
    expect(report(daily, noon, { counted: 900, countedToday: 100 })).toEqual({
      remaining: undefined,
      today: { day: today, impressions: 100, remaining: 140 },
      rights: { out: 0, returned: 0 },
      pace: { planned: 122, ratio: 100 / 122, state: 'behind' },
    });
  });

  it('with one in all has both, and is done with either', () => {
    expect(report(both, noon, { counted: 900, countedToday: 240 })).toMatchObject({
      ...{ remaining: 100, today: { remaining: 0 }, pace: { planned: 122, state: 'done' } },
    });
    expect(report(both, noon, { counted: 1000, countedToday: 9 })).toMatchObject({
      ...{ remaining: 0, today: { remaining: 231 }, pace: { state: 'done' } },
    });
  });

  it('has a new day from the midnight of its zone on', () => {
    const taipei = adWith({ daily: 240, pacing: 'even' }, {}, 'Asia/Taipei');
    const midnight = start + 16 * hour;
    expect(report(taipei, midnight - 1, { countedToday: 7 }).today).toMatchObject({
      day: today,
      impressions: 7,
    });
    expect(report(taipei, midnight, { countedToday: 7 })).toMatchObject({
      ...{ today: { day: today + 1, impressions: 0 }, pace: { planned: 0, state: 'on-plan' } },
    });
  });

  it('has no day before it starts and after it ends, and then all days together', () => {
    expect(report(daily, start - 1, {})).toMatchObject({
      ...{ today: undefined, pace: { planned: 0, ratio: undefined, state: 'waiting' } },
    });
    const over = { planned: 2400, ratio: 0.5, state: 'over' };
    expect(report(daily, start + 10 * day, { counted: 1200 })).toMatchObject({
      today: undefined,
      pace: over,
    });
    expect(report(both, start + 10 * day, { counted: 1000 }).pace).toEqual({
      ...{ planned: 1000, ratio: 1, state: 'done' },
    });
    const short = { ...daily, startAt: start + 23 * hour, endAt: start + 25 * hour };
    expect(report(short, start + 2 * day, { counted: 480 }).pace).toMatchObject({
      planned: 480,
      state: 'done',
    });
  });
});

describe('rights of an ad that has ended', () => {
  it('are out until its last impression can come', () => {
    const ad = adWith({ total: 1000, pacing: 'even' });
    const endAt = start + 10 * day;
    const out = (atMs: number): number => report(ad, atMs, { counted: 5, ledger: { used: 9 } }).rights.out;
    expect([out(endAt), out(endAt + 14 * minute - 1), out(endAt + 14 * minute)]).toEqual([4, 4, 0]);
  });
});

describe('what a plan has in a bucket', () => {
  const plannedIn = (ad: GoalAd, fromMs: number, toMs: number): number | undefined =>
    plannedBetween(ad, nothingUsed, impressionMinutes)?.(fromMs, toMs);

  it('is a part of the straight line', () => {
    const even = adWith({ total: 1000, pacing: 'even' }, { endAt: start + day });
    const rights = (ms: number): number => Math.floor((1000 * ms) / (day - 26 * minute));
    expect(plannedIn(even, start, start + hour)).toBe(rights(hour));
    expect(plannedIn(even, noon, noon + hour)).toBe(rights(13 * hour) - rights(12 * hour));
    expect(plannedIn(even, start - day, start)).toBe(0);
    expect(plannedIn(even, start + day - minute, start + 2 * day)).toBe(0);
  });

  it('of each day begins anew at midnight, and ends with the goal in all', () => {
    const taipei = adWith({ daily: 100, total: 250, pacing: 'even' }, {}, 'Asia/Taipei');
    const midnight = start + 16 * hour;
    expect(plannedIn(taipei, start, midnight)).toBe(100);
    expect(plannedIn(taipei, midnight, midnight + 12 * hour)).toBe(50);
    expect(plannedIn(taipei, midnight, midnight + day)).toBe(100);
    expect(plannedIn(taipei, midnight + day, midnight + 2 * day)).toBe(50);
    expect(plannedIn(taipei, midnight + 2 * day, midnight + 9 * day)).toBe(0);
  });

  it('begins where the goal became what it is, of a daily goal on that day', () => {
    const even = adWith({ total: 1000, pacing: 'even' }, { endAt: start + day });
    const since = { atMs: noon, used: 400, usedInAll: 400 };
    const inAll = plannedBetween(even, { since }, impressionMinutes)!;
    expect([inAll(start, noon), inAll(start, start + day), inAll(noon, noon + 347 * minute)]).toEqual([
      ...[0, 600, 300],
    ]);
    const daily = adWith({ daily: 100, pacing: 'even' });
    const ofDays = plannedBetween(
      daily,
      { since: { atMs: noon + day, used: 40, usedInAll: 90 } },
      impressionMinutes,
    )!;
    expect(Array.from({ length: 4 }, (_, n) => ofDays(start + n * day, start + (n + 1) * day))).toEqual([
      ...[0, 60, 100, 100],
    ]);
    const early = plannedBetween(
      even,
      { since: { atMs: start - day, used: 7, usedInAll: 7 } },
      impressionMinutes,
    )!;
    expect(early(start - 2 * day, start + day)).toBe(1000);
  });

  it('and ends with what was left of the goal in all', () => {
    const both = adWith({ daily: 200, total: 1000, pacing: 'even' });
    const since = { atMs: start + 5 * day, used: 0, usedInAll: 500 };
    const planned = plannedBetween(both, { since }, impressionMinutes)!;
    expect([planned(start, start + 7 * day), planned(start, start + 10 * day)]).toEqual([400, 500]);
    const daily = adWith({ daily: 200, pacing: 'even' });
    const final = (counted: number) =>
      report(daily, start + 10 * day, { counted, ledger: { used: counted, since } }).pace;
    expect(final(1000)).toMatchObject({ planned: 1500, state: 'over' });
    expect(final(1500)).toEqual({ planned: 1500, ratio: 1, state: 'done' });
  });

  it('is not known where the pacing is asap', () => {
    expect(plannedIn(adWith({ total: 5, pacing: 'asap' }), start, noon)).toBeUndefined();
  });

  it('is in all the goal, however the time is cut', () => {
    const goals = fc.oneof(
      fc.record({ total: fc.integer({ min: 1, max: 10_000 }), pacing: fc.constant('even' as const) }),
      fc.record({ daily: fc.integer({ min: 1, max: 10_000 }), pacing: fc.constant('even' as const) }),
    );
    const zones = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu');
    const cuts = fc.array(fc.integer({ min: -60, max: 5 * 1440 }), { maxLength: 20 });
    fc.assert(
      fc.property(goals, zones, cuts, (goal, zone, cuts) => {
        // Over the night in which New York's clocks go back.
        const startAt = Date.UTC(2026, 9, 30, 14, 30);
        const ad = adWith(goal, { startAt, endAt: startAt + 4 * day }, zone);
        const planned = plannedBetween(ad, nothingUsed, impressionMinutes)!;
        const edges = [-60, ...cuts.toSorted((a, b) => a - b), 5 * 1440].map((at) => startAt + at * minute);
        let sum = 0;
        for (const [index, to] of edges.entries()) {
          if (index === 0) continue;
          const part = planned(edges[index - 1]!, to);
          expect(part).toBeGreaterThanOrEqual(0);
          sum += part;
        }
        // Of five dates, the first and the last in part.
        expect(sum).toBe('total' in goal ? goal.total : 5 * goal.daily);
      }),
    );
  });
});
