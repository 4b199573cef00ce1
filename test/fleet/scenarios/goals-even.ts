import { percent, quantileMs } from '../figures.ts';
import { sendGoalCalls, type GoalLoad, type GoalRun } from '../goal-calls.ts';
import { allServed, kept } from '../promises.ts';
import { assumed } from '../quotas.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

const daily = 10_000;
const dayMs = 24 * 3_600_000;
/** A plan ends 26 minutes before its time, and rights are out five seconds before theirs. */
const planMs = dayMs - 26 * 60_000;
const leadMs = 5000;
const seenShare = 0.5;

function loadsFor(quick: boolean): readonly GoalLoad[] {
  const goal = { impressions: { total: daily }, pacing: 'even' } as const;
  const load = (name: string, ads: number, changes: Partial<GoalLoad> = {}): GoalLoad => ({
    ...{ name, ads, goal, seenShare, containers: 50, perSecond: ads, seconds: 60 },
    ...changes,
  });
  return quick
    ? [
        load('100 ads, 10 containers, from the 8th second', 100, {
          containers: 10,
          seconds: 15,
          fromSecond: 8,
        }),
      ]
    : [
        load('1,000 ads, 1,000/s, the first minute', 1000),
        load('100 ads, 100/s, minutes 11 to 20', 100, { seconds: 1200, fromSecond: 600 }),
      ];
}

/** Rights of the plan by an instant, milliseconds from the beginning of the ad. */
function planned(atMs: number): number {
  return Math.floor((daily * (atMs + assumed.skewMs + leadMs)) / planMs) + 1;
}

function promisesOf({ load, decided, lastAtMs, acknowledged, counted, decisions }: GoalRun): readonly Kept[] {
  const over = decided.filter((count, i) => count > planned(lastAtMs[i] ?? 0)).length;
  return [
    allServed({ load, calls: decisions }),
    kept(
      `${load.name}: no ad has more decisions than its plan has by then`,
      over === 0 && decided.some((count) => count > 1),
      `${over} of ${decided.length} ads`,
    ),
    kept(
      `${load.name}: each acknowledged impression is counted once`,
      acknowledged > 0 && counted === acknowledged,
      `${acknowledged} acknowledged, ${counted} counted`,
    ),
  ];
}

export const goalsEven: Scenario = {
  name: 'goals-even',
  about: 'Ads of 10,000 impressions a day each, paced evenly: what pacing costs.',
  async run({ seed, quick }) {
    const runs: GoalRun[] = [];
    for (const load of loadsFor(quick)) runs.push(await sendGoalCalls(load, seed));
    return {
      head: [
        'load',
        'of the plan',
        'asks an impression',
        'requests that ask',
        'p99',
        'ledger writes, throttled',
      ],
      rows: runs.map(({ load, shown, asked, decisions, fleet, throttled }) => {
        const minutes = load.seconds - (load.fromSecond ?? 0);
        const plannedThen = load.ads * (planned(load.seconds * 1000) - 1);
        const perSecond = (load.ads * daily * 1000) / planMs;
        return [
          ...[load.name, percent(shown, plannedThen)],
          (asked.asks / (perSecond * minutes)).toFixed(2),
          percent(asked.waited, asked.requests),
          `${quantileMs(decisions, 0.99)} ms`,
          `${fleet.dynamodb.used('ledger').writes.toLocaleString('en')}, ${throttled.toLocaleString('en')}`,
        ];
      }),
      chart: {
        title: 'Even ads: writes of all ledgers',
        notes: ['Ads of 10,000 impressions a day, all of which have just begun; virtual time.'],
        xTitle: 'seconds',
        panels: [
          {
            ...{ title: 'Writes of ledgers', unit: 'a second' },
            series: runs.map(({ load, writesBySecond }) => ({
              name: `${load.ads.toLocaleString('en')} ads, ${load.perSecond.toLocaleString('en')}/s`,
              points: writesBySecond.map((y, x) => ({ x, y })),
            })),
          },
        ],
      },
      promises: runs.flatMap(promisesOf),
    } satisfies Outcome;
  },
};
