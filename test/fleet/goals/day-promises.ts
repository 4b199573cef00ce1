import type { Kept } from '../scenario.ts';
import { kept } from '../promises.ts';
import type { DayAd } from './day-ads.ts';
import type { Sample } from './day-result.ts';
import { eventsIn, type AdReport } from './report.ts';
import type { Tally } from './tally.ts';

export interface SeenOfDay {
  readonly ads: readonly DayAd[];
  readonly samples: readonly Sample[];
  readonly atLast: readonly AdReport[];
  readonly acknowledged: readonly number[];
  readonly tally: Pick<Tally, 'decisions' | 'asks' | 'mostShown' | 'failures'>;
}

/** Impressions over the goal of an ad: in all, or of its worst day. */
export function overOf({ goal }: DayAd, reports: readonly AdReport[]): number {
  const { total = Infinity, daily = Infinity } = goal?.impressions ?? {};
  return reports.reduce(
    (most, { impressions, today }) => Math.max(most, impressions - total, (today?.impressions ?? 0) - daily),
    0,
  );
}

export function reportsOf(
  { samples, atLast }: Pick<SeenOfDay, 'samples' | 'atLast'>,
  ad: number,
): readonly AdReport[] {
  return [...samples.map(({ reports }) => reports[ad]), atLast[ad]].filter((report) => report !== undefined);
}

export function dayPromises(seen: SeenOfDay): readonly Kept[] {
  const { ads, atLast, acknowledged, tally } = seen;
  const over = ads.map((ad, i) => overOf(ad, reportsOf(seen, i)));
  const cap = ads.find(({ frequency }) => frequency !== undefined)?.frequency?.max ?? 0;
  const inNumbers = atLast.map(eventsIn);
  const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
  const failed = [...tally.failures].map(([status, count]) => `${count} times ${status}`);
  return [
    kept('no goal is passed, of a day or in all', sum(over) === 0, `over by ${sum(over)}`),
    kept(
      `no user gets the capped ad more than ${cap} times in an hour`,
      tally.mostShown > 0 && tally.mostShown <= cap,
      `${tally.mostShown} at most`,
    ),
    kept(
      'each acknowledged impression is in one number',
      acknowledged.every((count, i) => count > 0 && count === inNumbers[i]),
      `${sum(acknowledged)} acknowledged, ${sum(inNumbers)} in numbers`,
    ),
    kept(
      'every page gets its answer',
      failed.length === 0,
      failed.length === 0 ? 'no failure' : failed.join(', '),
    ),
  ];
}
