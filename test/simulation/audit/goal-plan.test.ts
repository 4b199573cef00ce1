import { describe, expect, it } from '@jest/globals';
import { plannedRights, type AuditedGoal } from './goal-plan.ts';

const startAt = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;
const day = 20_454;
const even: AuditedGoal = { total: 980, pacing: 'even', startAt, endAt: startAt + 10_000_000 };
const daily: AuditedGoal = { daily: 2400, pacing: 'even', startAt, endAt: startAt + 90 * 24 * hourMs };

function planned(goal: AuditedGoal, line: { t0: number; u0: number }, atMs: number, of = day): number {
  return plannedRights(goal, line, { atMs, day: of, impressionMinutes: 10 });
}

describe('the plan that the auditor predicts', () => {
  it('has all rights at once where the goal should be reached as soon as possible', () => {
    expect(planned({ ...even, pacing: 'asap' }, { t0: 0, u0: 0 }, startAt)).toBe(980);
    expect(planned({ ...daily, total: 9000, pacing: 'asap' }, { t0: 0, u0: 0 }, startAt)).toBe(2400);
  });

  it.each([
    // 980 rights in 9,800 seconds: the end comes early by a fiftieth.
    [{ t0: 0, u0: 0 }, 0, 1],
    [{ t0: 0, u0: 0 }, 95_000, 11],
    [{ t0: 0, u0: 0 }, 94_999, 10],
    [{ t0: startAt + 4_900_000, u0: 0 }, 4_900_000 + 45_000, 11],
    [{ t0: startAt + 4_900_000, u0: 500 }, 4_900_000, 501],
    [{ t0: 0, u0: 0 }, 9_795_000, 980],
    [{ t0: startAt + 9_800_000, u0: 3 }, 9_800_000, 980],
    [{ t0: 0, u0: 980 }, 0, 980],
  ])('is straight from %j on: after %i ms %i', (line, afterMs, rights) => {
    expect(planned(even, line, startAt + afterMs)).toBe(rights);
  });

  it('begins anew with each local day', () => {
    const line = { t0: startAt + 12 * hourMs, u0: 1200 };
    expect(planned(daily, line, startAt + 12 * hourMs)).toBe(1201);
    expect(planned(daily, line, startAt + 24 * hourMs, day + 1)).toBe(1);
    // Taipei's day began eight hours ago, and ends 26 minutes early.
    const taipei = { ...daily, startAt: startAt - 90 * hourMs, timezone: 'Asia/Taipei' };
    const lastsHours = 24 - 26 / 60;
    expect(planned(taipei, { t0: 0, u0: 0 }, startAt - 5000)).toBe(Math.floor((8 / lastsHours) * 2400) + 1);
  });
});
