import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LocalDays } from '../../../../lib/core/delivery/goals/local-days.ts';
import type { Line } from '../../../../lib/core/delivery/goals/ledger.ts';
import {
  accrualMs,
  isBehind,
  leaseLimits,
  newLine,
  nextRightAt,
  nothingUsed,
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
// Ten days, less 26 minutes: twice the time after which rights come back.
const lastsMs = 10 * 24 * hour - 26 * minute;
const utc = new LocalDays('UTC');

function plan(goal: Goal, fields: Partial<Plan> = {}): Plan {
  return {
    ...planAt(goal, flight, nothingUsed, { atMs: start, days: utc, impressionMinutes: 10 }),
    ...fields,
  };
}

/** The line of `flight` with a goal of 1,000. */
function lineFrom(t0: number, u0: number): Line {
  return { t0, u0, t1: start + lastsMs, u1: 1000 };
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
  it('frees one right at its start and all of them before its end', () => {
    expect(rightsBy(even, start)).toBe(1);
    expect(rightsBy(even, start + lastsMs / 2)).toBe(501);
    expect(rightsBy(even, start + lastsMs - minute)).toBeLessThanOrEqual(1000);
    expect(rightsBy(even, start + lastsMs)).toBe(1000);
    expect(rightsBy(even, flight.endAt + hour)).toBe(1000);
  });

  it('of a short time ends a fiftieth of it earlier', () => {
    const short = { startAt: start, endAt: start + 100 * minute };
    const context = { atMs: start, days: utc, impressionMinutes: 10 };
    const plan = planAt({ total: 1000, pacing: 'even' }, short, nothingUsed, context);
    expect([98, 97].map((minutes) => rightsBy(plan, start + minutes * minute))).toEqual([1000, 991]);
  });

  it('goes on from its line with what is left', () => {
    const middle = start + lastsMs / 2;
    const late = { ...even, line: lineFrom(middle, 200) };
    expect(rightsBy(late, middle)).toBe(201);
    expect(rightsBy(late, middle + lastsMs / 4)).toBe(601);
    // A clock that is behind the one that drew the line.
    expect(rightsBy(late, middle - hour)).toBe(201);
  });

  it.each([
    ['its line begins after it ends', { line: lineFrom(flight.endAt, 3) }],
    ['its line begins with more than the goal', { line: lineFrom(start, 2000) }],
    ['it has no time', { line: { ...lineFrom(start, 0), t1: start } }],
    ['its time is less than none', { line: { ...lineFrom(start, 0), t1: start - hour } }],
  ])('frees all of the goal where %s', (_, fields) => {
    expect(rightsBy({ ...even, ...fields }, start)).toBe(1000);
  });

  const drawn = (t0: number, fields: Partial<Plan> = {}): Plan => ({
    ...{ ...even, line: lineFrom(t0, 0), isUndrawn: false, used: 3 },
    ...fields,
  });

  it('is drawn anew where it is an hour behind its line, or a minute after a change', () => {
    const late = start + 20 * hour;
    const plan = drawn(start);
    expect(newLine(plan, late, false)).toEqual({ line: lineFrom(late, 3), since: undefined });
    // 79 rights are planned by an hour before, 83 by then.
    for (const [used, isNew, isDrawn] of [
      ...[[78, false, true] as const, [79, false, false] as const],
      ...[[82, true, true] as const, [83, true, false] as const],
    ])
      expect([used, isNew, newLine({ ...plan, used }, late, isNew) !== undefined]).toEqual([
        used,
        isNew,
        isDrawn,
      ]);
    // What came back may leave less than the line began with.
    const young = (ageMs: number): Plan => drawn(0, { line: lineFrom(late - ageMs, 5), used: 4 });
    expect([hour, hour - 1].map((ageMs) => newLine(young(ageMs), late, false)?.line.u0)).toEqual([
      4,
      undefined,
    ]);
    expect([minute, minute - 1].map((ageMs) => newLine(young(ageMs), late, true)?.line.u0)).toEqual([
      4,
      undefined,
    ]);
    expect(newLine({ ...plan, goal: { total: 1000, pacing: 'asap' } }, late, false)).toBeUndefined();
  });

  it('never frees a right earlier because it was drawn anew', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 60 }), (minutes) => {
        const first = drawn(start, { used: 0 });
        let plan = first;
        let atMs = start;
        for (const wait of minutes) {
          atMs += wait * minute;
          const line = newLine(plan, atMs, wait % 2 === 0)?.line ?? plan.line;
          plan = { ...plan, line, used: Math.max(plan.used, rightsBy({ ...plan, line }, atMs)) };
          expect(plan.used).toBeLessThanOrEqual(rightsBy(first, atMs));
        }
      }),
    );
  });

  const context = { days: utc, impressionMinutes: 10 };
  it('is drawn for a goal, or a time, that is another one, from what is used then', () => {
    const ledger = { ...nothingUsed, used: 60, line: lineFrom(start, 0) };
    const atMs = start + hour;
    const of = (goal: Goal, fields = {}): Plan =>
      planAt(goal, { ...flight, ...fields }, ledger, { atMs, ...context });
    expect(of({ total: 1000, pacing: 'even' }).isUndrawn).toBe(false);
    expect(of({ total: 1000, pacing: 'asap' }).isUndrawn).toBe(false);
    for (const other of [
      of({ total: 999, pacing: 'even' }),
      of({ total: 1000, pacing: 'even' }, { endAt: flight.endAt + 1 }),
      of({ daily: 1000, pacing: 'even' }),
      // Its start was moved to after the line began.
      of({ total: 1000, pacing: 'even' }, { startAt: start + minute }),
    ]) {
      const { used } = other;
      expect(newLine(other, atMs, true)).toMatchObject({
        line: { t0: atMs, u0: used },
        since: { atMs, used },
      });
      expect(rightsBy(other, atMs)).toBeLessThanOrEqual(used + 1);
    }
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
    line: {
      ...{ t0: start + t0! * minute, u0: u0!, u1: total! },
      t1: start + minutes! * minute - Math.min(2 * (impressionMinutes! + 3) * minute, minutes! * 1200),
    },
    ...{ used: used!, since: undefined, isUndrawn: false, isNextDay: false, isLate: false, usedInAll: 0 },
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
  const ledger = {
    ...{ used: 90, days: new Map([[20_605, 40]]), since: undefined },
    line: { t0: Date.UTC(2026, 4, 31), u0: 12, t1: Date.UTC(2026, 5, 1, 3, 34), u1: 100 },
  };
  // 2026-06-01 is day 20,605; it begins at 04:00 UTC in New York.
  const midnight = Date.UTC(2026, 5, 1, 4);

  it('spreads the budget of a day over the local day, on a line of its own', () => {
    const context = { atMs: midnight + hour, days, impressionMinutes: 10 };
    const daily = planAt(goal, flight, ledger, context);
    const line = { t0: midnight + hour, u0: 40, t1: midnight + 24 * hour - 26 * minute, u1: 100 };
    expect(daily).toMatchObject({ paced: 100, used: 40, isUndrawn: true, isNextDay: true, line });
    expect(daily.span).toEqual({ startMs: midnight, endMs: midnight + 24 * hour });
    expect(newLine(daily, context.atMs, false)).toEqual({ line, since: undefined });
    const today = { ...line, t0: midnight + 1000, u0: 12 };
    const drawn = planAt(goal, flight, { ...ledger, line: today }, context);
    expect(drawn).toMatchObject({ line: today, isUndrawn: false });
    expect(leaseLimits({ ...drawn, line: { ...today, t0: midnight, u0: 0 } }, midnight + 12 * hour)).toEqual({
      ...{ totalMax: 150, dayMax: 51 },
    });
  });

  it('leaves the line of the next day to clocks that are ahead, and begins at midnight itself', () => {
    const tomorrow = { t0: midnight + 24 * hour, u0: 0, t1: midnight + 48 * hour - 26 * minute, u1: 100 };
    const context = { atMs: midnight + 23 * hour, days, impressionMinutes: 10 };
    const late = planAt(goal, flight, { ...ledger, line: tomorrow }, context);
    expect(late).toMatchObject({ isUndrawn: false, line: { t0: midnight, u0: 0, u1: 100 } });
    expect(newLine({ ...late, used: 0 }, context.atMs, false)).toBeUndefined();
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
    expect(paceAt({ ...even, line: lineFrom(half, 1) }, counted, atMs)).toEqual(expected);
  });

  it('begins where the goal became what it is', () => {
    const since = { atMs: half, used: 200, usedInAll: 200 };
    expect(paceAt({ ...even, since }, 195, half)).toEqual({ planned: 200, ratio: 0.975, state: 'on-plan' });
    expect(paceAt({ ...even, since }, 500, half + lastsMs / 4)).toMatchObject({
      planned: 600,
      state: 'behind',
    });
    const { since: ofSpan } = planAt(
      even.goal,
      flight,
      { ...nothingUsed, since },
      { atMs: half, ...{ days: utc, impressionMinutes: 10 } },
    );
    expect(ofSpan).toEqual(since);
    const other = { startAt: half + 1, endAt: flight.endAt };
    expect(
      planAt(even.goal, other, { ...nothingUsed, since }, { atMs: half, days: utc, impressionMinutes: 10 })
        .since,
    ).toBeUndefined();
  });

  it('as soon as possible is never behind', () => {
    const asap = plan({ total: 1000, pacing: 'asap' });
    expect(paceAt(asap, 10, half)).toEqual({ planned: 1000, ratio: 0.01, state: 'on-plan' });
  });

  it('is behind by more than eight of a small goal', () => {
    expect([8, 9].map((missing) => isBehind(100, 50, 50 - missing))).toEqual([false, true]);
  });
});
