import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LocalDays } from '../../../../lib/core/delivery/goals/local-days.ts';
import {
  accrualMs,
  isBehind,
  leaseLimits,
  newLine,
  nextRightAt,
  paceAt,
  planAt,
  rightsBy,
  type Goal,
  type Plan,
} from '../../../../lib/core/delivery/goals/plan.ts';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2026, 5, 1);
const flight = { startAt: start, endAt: start + 10 * 24 * hour };
const noLine = { t0: 0, u0: 0 };
const utc = new LocalDays('UTC');

function plan(goal: Goal, fields: Partial<Plan> = {}): Plan {
  const ledger = { used: 0, days: new Map(), line: noLine };
  return {
    ...planAt(goal, flight, ledger, { atMs: start, days: utc, impressionMinutes: 10 }),
    ...fields,
  };
}

describe('a plan as soon as possible', () => {
  it('frees the whole goal at once', () => {
    const asap = plan({ total: 500, pacing: 'asap' }, { used: 3 });
    expect([rightsBy(asap, start), accrualMs(asap), nextRightAt(asap)]).toEqual([500, 0, start]);
    expect(nextRightAt({ ...asap, used: 500 })).toBeUndefined();
  });
});

describe('an even plan', () => {
  const even = plan({ total: 1000, pacing: 'even' });
  // Ten days, less 26 minutes: twice the time after which rights come back.
  const lastsMs = 10 * 24 * hour - 26 * minute;

  it('frees one right at its start and all of them before its end', () => {
    expect(rightsBy(even, start)).toBe(1);
    expect(rightsBy(even, start + lastsMs / 2)).toBe(501);
    expect(rightsBy(even, start + lastsMs - minute)).toBeLessThanOrEqual(1000);
    expect(rightsBy(even, start + lastsMs)).toBe(1000);
    expect(rightsBy(even, flight.endAt + hour)).toBe(1000);
  });

  it('of a short time ends a fiftieth of it earlier', () => {
    const short = plan(
      { total: 1000, pacing: 'even' },
      { span: { startMs: start, endMs: start + 100 * minute } },
    );
    expect([98, 97].map((minutes) => rightsBy(short, start + minutes * minute))).toEqual([1000, 991]);
  });

  it('goes on from its line with what is left', () => {
    const middle = start + lastsMs / 2;
    const late = { ...even, line: { t0: middle, u0: 200 } };
    expect(rightsBy(late, middle)).toBe(201);
    expect(rightsBy(late, middle + lastsMs / 4)).toBe(601);
    // A clock that is behind the one that drew the line.
    expect(rightsBy(late, middle - hour)).toBe(201);
  });

  it.each([
    ['its line begins after it ends', { line: { t0: flight.endAt, u0: 3 } }],
    ['its line begins with more than the goal', { line: { t0: start, u0: 2000 } }],
    ['it has no time', { span: { startMs: start, endMs: start } }],
    ['its time is less than none', { span: { startMs: start, endMs: start - hour } }],
  ])('frees all of the goal where %s', (_, fields) => {
    expect(rightsBy({ ...even, ...fields }, start)).toBe(1000);
  });

  it('is drawn anew hourly and with a new plan, but not twice in a minute', () => {
    const used = { ...even, line: { t0: start, u0: 0 }, used: 7 };
    expect(newLine(used, start + hour - 1, false)).toBeUndefined();
    expect(newLine(used, start + hour, false)).toEqual({ t0: start + hour, u0: 7 });
    expect(newLine(used, start + minute, true)).toEqual({ t0: start + minute, u0: 7 });
    expect(newLine(used, start + minute - 1, true)).toBeUndefined();
    expect(newLine({ ...used, goal: { total: 1000, pacing: 'asap' } }, start + hour, false)).toBeUndefined();
  });

  const numbers = fc.record({
    total: fc.integer({ min: 1, max: 10 ** 12 }),
    u0: fc.nat(2000),
    t0: fc.integer({ min: -1000, max: 30_000 }),
    minutes: fc.integer({ min: 1, max: 20_000 }),
    impressionMinutes: fc.integer({ min: 1, max: 1440 }),
    atSeconds: fc.nat(1_300_000),
    used: fc.nat(5000),
  });
  const planOf = ({ total, u0, t0, minutes, impressionMinutes, used }: Record<string, number>): Plan => ({
    goal: { total: total!, pacing: 'even' },
    paced: total!,
    span: { startMs: start, endMs: start + minutes! * minute },
    line: { t0: start + t0! * minute, u0: u0! },
    used: used!,
    impressionMinutes: impressionMinutes!,
  });

  it('is the formula in whole numbers', () => {
    fc.assert(
      fc.property(numbers, (drawn) => {
        const { total, u0, t0, minutes, impressionMinutes, atSeconds } = drawn;
        // In milliseconds since the start; 2 % of whole minutes are whole milliseconds.
        const end = BigInt(minutes * minute);
        const early = BigInt(Math.min(2 * (impressionMinutes + 3) * minute, minutes * 1200));
        const clamped = (ms: bigint): bigint => (ms < 0n ? 0n : ms > end ? end : ms);
        const from = clamped(BigInt(t0 * minute));
        const rest = end - early - from;
        const elapsed = clamped(BigInt(atSeconds * 1000 + 5000)) - from;
        const share = BigInt(total - u0) * (elapsed < 0n ? 0n : elapsed);
        const line = rest <= 0n || u0 >= total ? BigInt(total) : BigInt(u0) + share / rest + 1n;
        const expected = line > BigInt(total) ? BigInt(total) : line;
        expect(rightsBy(planOf(drawn), start + atSeconds * 1000)).toBe(Number(expected));
      }),
    );
  });

  it('frees its next right at the very instant that it says', () => {
    fc.assert(
      fc.property(numbers, (drawn) => {
        const drawnPlan = planOf(drawn);
        const at = nextRightAt(drawnPlan);
        if (drawn.used >= drawn.total) {
          expect(at).toBeUndefined();
          return;
        }
        expect(rightsBy(drawnPlan, at!)).toBeGreaterThan(drawn.used);
        // A large goal frees several in a millisecond.
        if (at! > drawnPlan.span.startMs)
          expect(rightsBy(drawnPlan, at! - 1)).toBeLessThanOrEqual(drawn.used);
      }),
    );
  });
});

describe('a daily plan', () => {
  const days = new LocalDays('America/New_York');
  const goal: Goal = { daily: 100, total: 150, pacing: 'even' };
  const ledger = { used: 90, days: new Map([[20_605, 40]]), line: { t0: Date.UTC(2026, 4, 31), u0: 12 } };
  // 2026-06-01 is day 20,605; it begins at 04:00 UTC in New York.
  const midnight = Date.UTC(2026, 5, 1, 4);

  it('spreads the budget of a day over the local day, from a line of its own', () => {
    const context = { atMs: midnight + hour, days, impressionMinutes: 10 };
    const daily = planAt(goal, flight, ledger, context);
    expect(daily).toMatchObject({
      paced: 100,
      used: 40,
      span: { startMs: midnight, endMs: midnight + 24 * hour },
      line: { t0: midnight, u0: 0 },
    });
    expect(leaseLimits(daily, midnight + 12 * hour)).toEqual({ totalMax: 150, dayMax: 51 });
    const replanned = { ...ledger, line: { t0: midnight + 1000, u0: 12 } };
    expect(planAt(goal, flight, replanned, context).line).toEqual(replanned.line);
  });

  it('spreads it over the part of the day that the ad has', () => {
    const { span } = planAt(goal, { startAt: midnight + hour, endAt: midnight + 3 * hour }, ledger, {
      atMs: midnight + 2 * hour,
      days,
      impressionMinutes: 10,
    });
    expect(span).toEqual({ startMs: midnight + hour, endMs: midnight + 3 * hour });
  });

  it('has one limit without a total, and a total alone has one too', () => {
    expect(leaseLimits(plan({ daily: 5, pacing: 'asap' }), start)).toEqual({
      totalMax: undefined,
      dayMax: 5,
    });
    expect(leaseLimits(plan({ total: 5, pacing: 'asap' }), start)).toEqual({
      totalMax: 5,
      dayMax: undefined,
    });
  });
});

describe('the pace of an ad', () => {
  const even = plan({ total: 1000, pacing: 'even' });
  const half = start + (10 * 24 * hour - 26 * minute) / 2;

  it.each([
    ['waits before its time', start - 1, 0, { planned: 0, ratio: undefined, state: 'waiting' }],
    ['begins with nothing planned', start, 0, { planned: 0, ratio: undefined, state: 'on-plan' }],
    ['is on plan', half, 490, { planned: 500, ratio: 0.98, state: 'on-plan' }],
    ['is behind by more than 1 %', half, 489, { planned: 500, ratio: 0.978, state: 'behind' }],
    ['is done', half, 1000, { planned: 500, ratio: 2, state: 'done' }],
    ['is over and short', flight.endAt, 999, { planned: 1000, ratio: 0.999, state: 'over' }],
  ])('%s', (_, atMs, counted, expected) => {
    expect(paceAt({ ...even, line: { t0: half, u0: 1 } }, counted, atMs)).toEqual(expected);
  });

  it('as soon as possible is never behind', () => {
    const asap = plan({ total: 1000, pacing: 'asap' });
    expect(paceAt(asap, 10, half)).toEqual({ planned: 1000, ratio: 0.01, state: 'on-plan' });
  });

  it('is behind by more than eight of a small goal', () => {
    expect([8, 9].map((missing) => isBehind(100, 50, 50 - missing))).toEqual([false, true]);
  });
});
