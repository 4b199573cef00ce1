import { describe, expect, it } from '@jest/globals';
import { isGoalShown, type ShownGoal } from './goal-figures.ts';

const date = '2026-01-02';
const day = `d${Date.parse(date) / 86_400_000}`;
const counter = { generation: 1n, total: 12n, [day]: 4n };
const ledger = { generation: 1n, used: 15n, returned: 2n };
const goal = { impressions: { total: 20 } };
const shown: ShownGoal = {
  ...{ goal, remaining: 8, rights: { out: 3, returned: 2 } },
  pace: { planned: 9, ratio: 1.333333, state: 'on_plan' },
};
const ofDay: ShownGoal = {
  ...{ goal: { impressions: { daily: 6 } }, rights: { out: 3, returned: 2 } },
  today: { date, impressions: 4, remaining: 2 },
  pace: { planned: 5, ratio: 0.8, state: 'on_plan' },
};

describe('what a report says of a goal', () => {
  it('follows from the counter and the ledger', () => {
    expect(isGoalShown(shown, counter, ledger)).toBe(true);
    expect(isGoalShown(ofDay, counter, ledger)).toBe(true);
    expect(isGoalShown({}, counter, ledger)).toBe(true);
    const none = { ...shown, rights: { out: 0, returned: 0 } };
    expect(isGoalShown(none, counter, undefined)).toBe(true);
    expect(isGoalShown(none, counter, { ...ledger, generation: 3n })).toBe(true);
  });

  it.each<[string, ShownGoal]>([
    ['something else is left', { ...shown, remaining: 9 }],
    ['nothing is said to be left', { ...shown, remaining: undefined } as unknown as ShownGoal],
    ['more rights are out', { ...shown, rights: { out: 4, returned: 2 } }],
    ['fewer came back', { ...shown, rights: { out: 3, returned: 1 } }],
    ['there are no rights', { goal, remaining: 8, pace: shown.pace! }],
    ['the pace is another', { ...shown, pace: { ...shown.pace!, ratio: 1 } }],
    ['the day has more impressions', { ...ofDay, today: { date, impressions: 5, remaining: 1 } }],
    ['more of the day is left', { ...ofDay, today: { date, impressions: 4, remaining: 3 } }],
    ['a goal is reached and not done', { ...shown, goal: { impressions: { total: 12 } }, remaining: 0 }],
    ['an ad without a goal has rights', { rights: { out: 0, returned: 0 } }],
  ])('does not if %s', (_, other) => {
    expect(isGoalShown(other, counter, ledger)).toBe(false);
  });
});
