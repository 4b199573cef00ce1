import { describe, expect, it } from '@jest/globals';
import type { CountedRights } from '../../../../lib/core/delivery/goals/counted-rights.ts';
import type { Ledger } from '../../../../lib/core/delivery/goals/ledger.ts';
import { LocalDays } from '../../../../lib/core/delivery/goals/local-days.ts';
import type { Goal } from '../../../../lib/core/delivery/goals/plan.ts';
import { earliest, standingAt, type GoalAd } from '../../../../lib/core/delivery/goals/standing.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.UTC(2026, 5, 1);
const noon = start + 12 * hour;
const impressionMinutes = 10;
const today = start / day;

const utc = new LocalDays('UTC');
const adWith = (goal: Goal, fields: Partial<GoalAd> = {}): GoalAd => ({
  ...{ version: 3, generation: 1, startAt: start, endAt: start + 10 * day, goal: { of: goal, days: utc } },
  ...fields,
});
const minuteOf = (atMs: number): number => Math.floor(atMs / minute);
const epochOf = (atMs: number): number => 4 * minuteOf(atMs) + (Math.floor(atMs / day) % 4);
/** Rights of this instant can come back: its minute, ten to report, and three to reach the log. */
const backAt = (atMs: number): number => (minuteOf(atMs) + 14) * minute;

interface Numbers {
  readonly used?: number;
  readonly counted?: number;
  /** Of today. */
  readonly usedToday?: number;
  readonly countedToday?: number;
  /** By the epoch of these instants. */
  readonly leased?: readonly (readonly [number, number])[];
  readonly seen?: readonly (readonly [number, number])[];
  readonly ledger?: Partial<Ledger> | 'none';
  readonly counter?: Partial<CountedRights>;
  readonly hasRight?: boolean;
}

function standing(ad: GoalAd, atMs: number, numbers: Numbers = {}) {
  const { used = 0, counted = 0, usedToday = used, countedToday = counted } = numbers;
  const byEpoch = (pairs: Numbers['leased'] = []) =>
    new Map(pairs.map(([instant, count]) => [epochOf(instant), count]));
  const { total = 0, daily } = ad.goal.of;
  // A plan of a day and more ends 26 minutes early: twice the time after which rights come back.
  const t1 = (daily === undefined ? ad.endAt : start + day) - 26 * minute;
  const ledger: Ledger = {
    ...{ generation: 1, plan: 3, used, closed: epochOf(atMs - 30 * minute), since: undefined },
    ...{
      line: { t0: start, u0: 0, t1, u1: daily ?? total },
      leased: byEpoch(numbers.leased),
      days: new Map([[today, usedToday]]),
    },
    ...{ returned: 0, over: 0 },
    ...(numbers.ledger !== 'none' && numbers.ledger),
  };
  const counter: CountedRights = {
    ...{ generation: 1, total: counted, closed: undefined, counted: byEpoch(numbers.seen) },
    ...{ days: new Map([[today, countedToday]]) },
    ...numbers.counter,
  };
  const { hasRight = false } = numbers;
  const items = { counter, ledger: numbers.ledger === 'none' ? undefined : ledger };
  return standingAt(ad, items, { atMs, impressionMinutes, hasRight });
}

const waiting = (untilMs: number | undefined) => ({ state: 'waiting', untilMs });
const asap = adWith({ total: 100, pacing: 'asap' });
const even = adWith({ total: 1000, pacing: 'even' });
const daily = adWith({ daily: 240, pacing: 'even' });

describe('an ad with a goal in all', () => {
  it('is ready while its plan has a right', () => {
    expect(standing(asap, noon, { used: 99 })).toEqual({ state: 'ready' });
    expect(standing(even, noon, { used: 50 })).toEqual({ state: 'ready' });
  });

  it('is done once its impressions are counted, whatever the ledger has', () => {
    expect(standing(asap, noon, { used: 100, counted: 100 })).toEqual({ state: 'done' });
    expect(standing(asap, noon, { used: 100, counted: 100, leased: [[noon, 5]] })).toEqual({ state: 'done' });
    const ledger = { generation: 3 };
    expect(standing(asap, noon, { counted: 100, ledger })).toEqual({ state: 'done' });
  });

  it('is done, too, with all rights out and seen', () => {
    const seen = [[noon, 5]] as const;
    expect(standing(asap, noon, { used: 100, counted: 99, leased: seen, seen })).toEqual({ state: 'done' });
  });

  it('waits for the first rights to come back that nobody has seen', () => {
    const before = noon - 5 * minute;
    const leased = [
      [before, 5],
      [noon, 5],
    ] as const;
    const seen = [[before, 5]] as const;
    expect(standing(asap, noon, { used: 100, counted: 95, leased, seen })).toEqual(waiting(backAt(noon)));
    const some = [[before, 4]] as const;
    expect(standing(asap, noon, { used: 100, counted: 94, leased, seen: some })).toEqual(
      waiting(backAt(before)),
    );
  });

  it('waits no longer for rights that could have come back already', () => {
    const leased = [[noon - 2 * hour, 5]] as const;
    expect(standing(asap, noon, { used: 100, counted: 95, leased })).toEqual(waiting(noon));
  });

  it('waits until the plan frees a right', () => {
    // Ten days less 26 minutes for 1,000 rights, five seconds ahead.
    const everyMs = (10 * day - 26 * minute) / 1000;
    const untilMs = Math.ceil(start + 51 * everyMs) - 5000;
    expect(standing(even, noon, { used: 51 })).toEqual(waiting(untilMs));
    expect(standing(even, untilMs - 1, { used: 51 })).toEqual(waiting(untilMs));
    expect(standing(even, untilMs, { used: 51 })).toEqual({ state: 'ready' });
  });

  it('is behind its plan by more than a hundredth', () => {
    expect(standing(even, noon, { used: 40 })).toEqual({ state: 'behind' });
    expect(standing(even, noon, { used: 41 })).toEqual({ state: 'ready' });
    expect(standing(asap, noon)).toEqual({ state: 'ready' });
  });

  it('has the line of its newest version, which the next lease draws', () => {
    const changed = { ...even, version: 4 };
    const raised = adWith({ total: 2000, pacing: 'even' }, { version: 4 });
    const ledger = { line: { t0: start, u0: 0, t1: start + 10 * day - 26 * minute, u1: 1000 } };
    expect(standing(raised, noon, { used: 500, ledger })).toEqual({ state: 'ready' });
    expect(standing(changed, noon, { used: 500 })).toMatchObject({ state: 'waiting' });
    expect(standing(changed, noon, { used: 10 })).toEqual({ state: 'ready' });
    expect(standing(changed, noon, { used: 1000, counted: 990, leased: [[noon, 10]] })).toMatchObject({
      state: 'waiting',
    });
  });

  it('is ready with a right in hand, although no other is free', () => {
    expect(standing(even, noon, { used: 51, hasRight: true })).toEqual({ state: 'ready' });
    expect(standing(asap, noon, { used: 100, counted: 95, hasRight: true })).toEqual({ state: 'ready' });
  });
});

describe('an ad whose ledger is not open', () => {
  it('waits while the ledger has the plan of a newer version', () => {
    expect(standing(asap, noon, { ledger: { plan: 4 } })).toEqual(waiting(undefined));
  });

  const goalAgain = { ...asap, generation: 3 };
  it.each<[string, GoalAd, Numbers]>([
    ['there is none', asap, { ledger: 'none', counter: { generation: 0 } }],
    ['it is of an earlier goal', goalAgain, {}],
    ['its counter was opened again', asap, { counter: { generation: 3 } }],
  ])('waits until a decision has it opened: %s', (_, ad, numbers) => {
    expect(standing(ad, noon, numbers)).toEqual(waiting(undefined));
  });
});

describe('an ad with too many epochs open', () => {
  it('waits for the first of them, although its goal has rights', () => {
    const long = noon - 2 * hour;
    const ledger = { closed: epochOf(long) - 4 };
    expect(standing(asap, noon, { used: 50, leased: [[long, 5]], ledger })).toEqual(waiting(noon));
    // Without rights out it is brought near first.
    expect(standing(asap, noon, { used: 50, ledger })).toEqual({ state: 'ready' });
    expect(standing(asap, noon, { used: 100, counted: 99, ledger })).toEqual({ state: 'done' });
  });
});

describe('an ad with a goal for each day', () => {
  it('waits for the next day once its impressions are counted', () => {
    expect(standing(daily, noon, { usedToday: 240, countedToday: 240 })).toEqual(waiting(start + day));
  });

  it('waits for the next day, or for rights of this one that nobody saw', () => {
    const late = start + day - 5 * minute;
    expect(standing(daily, late, { usedToday: 240, countedToday: 239, leased: [[late, 1]] })).toEqual(
      waiting(start + day),
    );
    expect(standing(daily, noon, { usedToday: 240, countedToday: 239, leased: [[noon, 1]] })).toEqual(
      waiting(backAt(noon)),
    );
  });

  it('does not wait for rights of the day before', () => {
    const [yesterday, early] = [start - minute, start + minute];
    const leased = [
      [yesterday, 3],
      [early, 1],
    ] as const;
    const numbers = { usedToday: 240, countedToday: 239, leased };
    expect(standing(daily, early, numbers)).toEqual(waiting(backAt(early)));
  });

  it('waits for its plan in the day', () => {
    const untilMs = Math.ceil(start + (130 * (day - 26 * minute)) / 240) - 5000;
    expect(standing(daily, noon, { used: 5000, usedToday: 130, countedToday: 9 })).toEqual(waiting(untilMs));
  });

  it('is done on its last day, or with its goal in all', () => {
    const last = { ...daily, endAt: start + day };
    expect(standing(last, noon, { usedToday: 240, countedToday: 240 })).toEqual({ state: 'done' });
    expect(standing(last, noon, { usedToday: 240, countedToday: 239, leased: [[noon, 1]] })).toEqual(
      waiting(backAt(noon)),
    );
    const both = adWith({ daily: 240, total: 1000, pacing: 'asap' });
    expect(standing(both, noon, { used: 1000, usedToday: 9, counted: 1000 })).toEqual({ state: 'done' });
    // Rights of an earlier day that come back are of the total.
    const yesterday = start - minute;
    const leased = [[yesterday, 3]] as const;
    expect(
      standing(both, start, { used: 1000, usedToday: 0, counted: 997, countedToday: 0, leased }),
    ).toEqual(waiting(backAt(yesterday)));
  });

  it('has the days of its time zone', () => {
    const days = new LocalDays('Asia/Taipei');
    const ad = adWith({ daily: 5, pacing: 'asap' }, { goal: { of: { daily: 5, pacing: 'asap' }, days } });
    const numbers = { usedToday: 5, countedToday: 5 };
    // 2026-06-01 there ends at 16:00 UTC.
    expect(standing(ad, noon, numbers)).toEqual(waiting(start + 16 * hour));
    expect(standing(ad, start + 16 * hour, numbers)).toEqual({ state: 'ready' });
  });
});

it('the earliest of instants leaves out those that are not known', () => {
  expect([earliest([3, undefined, 2]), earliest([undefined]), earliest([])]).toEqual([
    2,
    undefined,
    undefined,
  ]);
});
