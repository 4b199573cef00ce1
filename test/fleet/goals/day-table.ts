import { percent } from '../figures.ts';
import { overOf, reportsOf } from './day-promises.ts';
import type { DayAd } from './day-ads.ts';
import type { DayResult } from './day-result.ts';

const head = ['ad', 'goal', 'counted', 'over', 'farthest from its plan', 'rights returned'];

/** A row for each ad. How far an ad is from its plan is a part of the goal, while the ad is not paused. */
export function dayTable(day: DayResult): readonly (readonly string[])[] {
  return [
    head,
    ...day.ads.map((ad, i) => {
      const last = day.atLast[i];
      return [
        ad.name,
        goalText(ad),
        (last?.impressions ?? 0).toLocaleString('en'),
        String(overOf(ad, reportsOf(day, i))),
        farthestText(day, i),
        last?.rights === undefined ? '–' : last.rights.returned.toLocaleString('en'),
      ];
    }),
  ];
}

function goalText({ goal }: DayAd): string {
  if (goal === undefined) return 'none';
  const { total, daily } = goal.impressions;
  return total === undefined
    ? `${(daily ?? 0).toLocaleString('en')} a local day`
    : total.toLocaleString('en');
}

function farthestText({ ads, samples, shape }: DayResult, index: number): string {
  const { goal, pauses } = ads[index] ?? {};
  if (goal?.pacing !== 'even') return '–';
  const { total, daily = 0 } = goal.impressions;
  const distances = samples
    .filter(({ hour }) => pauses !== true || hour <= shape.pauseHour)
    .map(({ reports }) => {
      const { impressions = 0, today, pace } = reports[index] ?? {};
      return Math.abs((today?.impressions ?? impressions) - (pace?.planned ?? 0));
    });
  return percent(Math.max(...distances), total ?? daily);
}
