import type { AdGoal } from '../../../lib/core/ads/goal.ts';

/** An ad of the day. */
export interface DayAd {
  readonly name: string;
  readonly priority: number;
  readonly goal?: AdGoal;
  readonly country?: readonly string[];
  readonly frequency?: { readonly max: number; readonly per: string; readonly scope: 'ad' };
  /** It is paused in the middle of the time. */
  readonly pauses?: boolean;
}

export const capWindowMs = 3_600_000;
const priorities = { goal: 4, rest: 6, house: 16 } as const;

/** Six ads with goals, and a house ad for what is left. `scale`: of the goals; 1 is for a whole day. */
export function dayAds(scale: number): readonly DayAd[] {
  const of = (impressions: number): number => Math.round(impressions * scale);
  const { goal, rest, house } = priorities;
  const even = (total: number): AdGoal => ({ impressions: { total: of(total) }, pacing: 'even' });
  const daily = (impressions: number, timezone: string): AdGoal => ({
    ...{ impressions: { daily: of(impressions) }, pacing: 'even', timezone },
  });
  return [
    { name: 'even', priority: goal, goal: even(2000) },
    { name: 'daily, Taipei', priority: goal, goal: daily(400, 'Asia/Taipei'), country: ['TW'] },
    { name: 'daily, New York', priority: goal, goal: daily(300, 'America/New_York'), country: ['US'] },
    { name: 'paused', priority: goal, goal: even(1000), pauses: true },
    {
      ...{ name: 'capped', priority: rest, goal: even(1200) },
      frequency: { max: 2, per: 'PT1H', scope: 'ad' },
    },
    {
      ...{ name: 'asap', priority: rest },
      goal: { impressions: { total: of(4000) }, pacing: 'asap' },
    },
    { name: 'house', priority: house },
  ];
}
