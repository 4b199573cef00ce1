import { bySecond, percent, quantileMs } from '../figures.ts';
import { sendGoalCalls, type GoalLoad, type GoalRun } from '../goal-calls.ts';
import { allServed, kept } from '../promises.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

/** One ad: its impressions have one partition key, which takes 1,000 records a second. */
const seenShare = 0.05;

function loadsFor(quick: boolean): readonly GoalLoad[] {
  const size = quick
    ? { perSecond: 600, seconds: 9, containers: 50 }
    : { perSecond: 10_000, seconds: 12, containers: 500 };
  const load = (name: string, total: number, changes: Partial<GoalLoad> = {}): GoalLoad => ({
    ...{ name, ads: 1, goal: { impressions: { total }, pacing: 'asap' }, seenShare },
    ...size,
    ...changes,
  });
  const rate = `${size.perSecond.toLocaleString('en')}/s`;
  const few = quick ? 2000 : 40_000;
  return [
    load(`${size.containers} containers, ${rate}`, 1_000_000),
    load(`the same, goal of ${few.toLocaleString('en')}`, few),
    ...(quick ? [] : [load(`1,000 containers, ${rate}`, 1_000_000, { containers: 1000 })]),
  ];
}

function promisesOf({ load, shown, acknowledged, counted, decisions }: GoalRun): readonly Kept[] {
  const { total = 0 } = load.goal.impressions;
  return [
    allServed({ load, calls: decisions }),
    kept(
      `${load.name}: no more decisions than the goal`,
      shown > 0 && shown <= total,
      `${shown.toLocaleString('en')} of ${total.toLocaleString('en')}`,
    ),
    kept(
      `${load.name}: each acknowledged impression is counted once`,
      acknowledged > 0 && counted === acknowledged,
      `${acknowledged} acknowledged, ${counted} counted`,
    ),
  ];
}

export const goalsAsap: Scenario = {
  name: 'goals-asap',
  about: 'One ad that is shown as soon as possible: what its only ledger takes.',
  async run({ seed, quick }) {
    const runs: GoalRun[] = [];
    for (const load of loadsFor(quick)) runs.push(await sendGoalCalls(load, seed));
    return {
      head: ['load', 'decisions', 'over', 'asks a decision', 'requests that ask', 'most writes, throttled'],
      rows: runs.map(({ load, shown, asked, writesBySecond, throttled }) => [
        ...[load.name, shown.toLocaleString('en')],
        String(Math.max(0, shown - (load.goal.impressions.total ?? 0))),
        (asked.asks / shown).toFixed(3),
        percent(asked.waited, asked.requests),
        `${Math.max(...writesBySecond).toLocaleString('en')}/s, ${throttled.toLocaleString('en')}`,
      ]),
      chart: {
        title: 'One ad, as soon as possible: writes of its ledger',
        notes: [
          'A partition takes 1,000 writes a second; virtual time. The ledger is opened in the first three seconds.',
        ],
        xTitle: 'seconds',
        panels: [
          {
            ...{ title: 'Writes of the ledger', unit: 'a second' },
            series: runs.map(({ load, writesBySecond }) => ({
              name: load.name,
              points: writesBySecond.map((y, x) => ({ x, y })),
            })),
          },
          {
            ...{ title: 'p99 of the requests of a second', unit: 'ms' },
            series: runs.map(({ load, decisions }) => ({
              name: load.name,
              points: bySecond(decisions, () => true).map(({ x }) => ({
                x,
                y: quantileMs(
                  decisions.filter(({ atMs }) => Math.floor(atMs / 1000) === x),
                  0.99,
                ),
              })),
            })),
          },
        ],
      },
      promises: runs.flatMap(promisesOf),
    } satisfies Outcome;
  },
};
