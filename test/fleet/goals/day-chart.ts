import type { Chart, Panel, Series } from '../../load/plot/chart.ts';
import type { DayResult } from './day-result.ts';
import type { AdReport } from './report.ts';

/** What was delivered against the plans, the rights out, and how many requests asked, over the hours of the day. */
export function dayChart({ ads, samples, shape, seed }: DayResult): Chart {
  const series = (
    name: string,
    valueOf: (report: AdReport) => number | undefined,
  ): Pick<Series, 'name' | 'points'> => {
    const index = ads.findIndex((ad) => ad.name === name);
    return {
      name,
      points: samples.map(({ hour, reports }) => {
        const report = reports[index];
        return { x: hour, y: (report && valueOf(report)) ?? Number.NaN };
      }),
    };
  };
  const delivered = (name: string): Series[] => [
    series(name, ({ today, impressions }) => today?.impressions ?? impressions),
    { ...series(name, ({ pace }) => pace?.planned), name: `plan of ${name}`, wishedFor: name },
  ];
  const withGoal = ads.filter(({ goal }) => goal !== undefined);
  const ofDays = withGoal.filter(({ goal }) => goal?.impressions.daily !== undefined);
  const inAll = withGoal.filter((ad) => !ofDays.includes(ad));
  const panel = (title: string, unit: string, all: readonly Series[]): Panel => ({
    title,
    unit,
    series: all,
  });
  const outage = { from: shape.outage.fromHour, to: shape.outage.toHour };
  return {
    title: 'A day of goals',
    notes: [
      `50 containers in virtual time, seed ${seed}. Dashed: the plan, a straight line to the goal.`,
      'Shaded: the store of ledgers and caps is out. One ad is paused at noon.',
    ],
    xTitle: 'hour of the day, UTC',
    xTicks: Array.from({ length: 9 }, (_, i) => 3 * i),
    spans: [{ name: 'store out', ...outage }],
    panels: [
      panel('Requests', 'a minute', [
        {
          name: 'requests',
          points: samples.map(({ hour, decisions }) => ({ x: hour, y: decisions / shape.sampleMinutes })),
        },
      ]),
      panel(
        'Goals in all',
        'impressions',
        inAll.flatMap(({ name }) => delivered(name)),
      ),
      panel(
        'Goals of each local day',
        'impressions of the day',
        ofDays.flatMap(({ name }) => delivered(name)),
      ),
      panel(
        'Rights out',
        'neither seen nor back',
        withGoal.map(({ name }) => series(name, ({ rights }) => rights?.out)),
      ),
      panel('Requests that asked a ledger', '%', [
        {
          name: 'asked',
          points: samples.map(({ hour, decisions, asks }) => ({ x: hour, y: (100 * asks) / decisions })),
        },
      ]),
    ],
  };
}
