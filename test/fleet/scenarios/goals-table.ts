import type { Series } from '../../load/plot/chart.ts';
import { percent } from '../figures.ts';
import { createAd } from '../goals/advertiser.ts';
import { GoalStage } from '../goals/goal-stage.ts';
import { eventsIn, readReport } from '../goals/report.ts';
import { Tally } from '../goals/tally.ts';
import { startVisitors } from '../goals/visitors.ts';
import { kept } from '../promises.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

/** An ad that is paced evenly, alone on its stage. */
interface Load {
  readonly name: string;
  /** Its name in the plot. Default: `name`. */
  readonly label?: string;
  readonly containers: number;
  readonly perSecond: number;
  readonly goal: number;
  /** Hours of the ad. Default: a day. */
  readonly hours?: number;
  readonly seenShare?: number;
  readonly replayShare?: number;
  readonly kills?: number;
  readonly skewMinutes?: number;
  readonly lostAnswers?: number;
}

interface Run {
  readonly load: Load;
  readonly goal: number;
  readonly counted: number;
  readonly inNumbers: number;
  readonly acknowledged: number;
  readonly notCounted: { readonly duplicate: number; readonly late: number };
  readonly asks: number;
  /** From the beginning, a part of the ad's time, and how far the impressions are from a straight line, parts of the goal. */
  readonly distances: readonly { readonly at: number; readonly distance: number }[];
  readonly failures: number;
}

const usual = { containers: 50, perSecond: 2, goal: 10_000 } as const;

const loads: readonly Load[] = [
  { name: '50 containers, 2/s', ...usual },
  { name: '500 kills', ...usual, kills: 500 },
  {
    ...{ name: 'clocks ±5 min, 2 % lost answers, 10 % replays, 200 kills', ...usual, kills: 200 },
    ...{ label: 'clocks ±5 min, kills', skewMinutes: 5, lostAnswers: 0.02, replayShare: 0.1 },
  },
  { name: '500 containers, 4/s', ...usual, containers: 500, perSecond: 4 },
  { name: '60 % are seen', ...usual, seenShare: 0.6 },
  { name: '0.13/s: hardly enough', label: '0.13/s', ...usual, perSecond: 0.13 },
  { name: 'goal of 100', ...usual, perSecond: 1, goal: 100 },
  {
    ...{ name: 'goal of 100,000 in 2.4 hours, 20/s', label: 'goal of 100,000', ...usual },
    ...{ perSecond: 20, goal: 100_000, hours: 2.4 },
  },
];

const dayHours = 24;
const hourMs = 3_600_000;
const quickPart = 1 / 24;
const samples = 288;
const quickSamples = 24;
/** The last reports count, and epochs are closed. */
const afterMs = 40 * 60_000;

async function runLoad(load: Load, seed: number, part: number): Promise<Run> {
  const { containers, perSecond, hours = dayHours, seenShare = 1, replayShare = 0, kills = 0 } = load;
  const { skewMinutes, lostAnswers = 0 } = load;
  const lastsMs = hours * hourMs * part;
  const goal = Math.max(4, Math.round(load.goal * part));
  const stage = new GoalStage({
    ...{ seed, containers },
    ...(skewMinutes !== undefined && { skewMs: skewMinutes * 60_000 }),
  });
  const { kernel, services } = stage;
  services.lostAnswers = lostAnswers;
  return stage.run(
    async () => {
      const beginMs = kernel.elapsedMs;
      const id = await createAd(stage, {
        ...{ name: 'even', priority: 8, goal: { impressions: { total: goal }, pacing: 'even' } },
        endMs: kernel.nowMs() + lastsMs,
      });
      const untilMs = beginMs + lastsMs;
      const tally = new Tally();
      startVisitors(stage, tally, {
        ...{ untilMs, seenShare, replayShare },
        perSecond: () => perSecond,
        who: () => ({}),
      });
      const prng = kernel.fork('kills');
      for (let i = 0; i < kills * part; i += 1) {
        kernel.after(prng.float() * lastsMs, () => {
          stage.killOne();
        });
      }
      const count = part === 1 ? samples : quickSamples;
      const distances: { at: number; distance: number }[] = [];
      for (let i = 1; i < count; i += 1) {
        await kernel.sleep(beginMs + (i / count) * lastsMs - kernel.elapsedMs);
        const { impressions } = await readReport(stage, id);
        distances.push({ at: i / count, distance: impressions / goal - i / count });
      }
      await kernel.sleep(untilMs + afterMs - kernel.elapsedMs);
      const last = await readReport(stage, id);
      return {
        ...{ load, goal, distances, asks: services.ledgerWrites },
        ...{ counted: last.impressions, inNumbers: eventsIn(last), notCounted: last.not_counted },
        acknowledged: tally.acknowledgedOf.get(id) ?? 0,
        failures: [...tally.failures.values()].reduce((sum, times) => sum + times, 0),
      };
    },
    lastsMs + 2 * afterMs,
  );
}

function promisesOf({
  load: { name },
  goal,
  counted,
  acknowledged,
  inNumbers,
  failures,
}: Run): readonly Kept[] {
  return [
    kept(`${name}: the goal is not passed`, counted <= goal && counted > 0, `${counted} of ${goal}`),
    kept(
      `${name}: each acknowledged impression is in one number`,
      acknowledged === inNumbers,
      `${acknowledged} acknowledged, ${inNumbers} in numbers`,
    ),
    kept(`${name}: every page gets its answer`, failures === 0, `${failures} failures`),
  ];
}

export const goalsTable: Scenario = {
  name: 'goals-table',
  about:
    'An ad with an even goal under what may go wrong: how far it is over, under, and from a straight line.',
  async run({ seed, quick }) {
    const runs: Run[] = [];
    for (const load of loads) runs.push(await runLoad(load, seed, quick ? quickPart : 1));
    return {
      head: ['load', 'counted', 'over', 'under', 'farthest from the line', 'ledger writes'],
      rows: runs.map(({ load, goal, counted, distances, asks }) => [
        ...[load.name, counted.toLocaleString('en'), String(Math.max(0, counted - goal))],
        percent(Math.max(0, goal - counted), goal),
        percent(Math.max(...distances.map(({ distance }) => Math.abs(distance))), 1),
        asks.toLocaleString('en'),
      ]),
      chart: {
        title: 'Impressions against a straight line',
        notes: [
          'An even goal, alone on its stage; virtual time. The plan ends 2 % early, so it is above the line.',
        ],
        xTitle: 'part of the time, %',
        panels: [
          {
            ...{ title: 'Ahead of the line', unit: '% of the goal' },
            series: runs.map(({ load, distances }): Series => ({
              name: load.label ?? load.name,
              points: distances.map(({ at, distance }) => ({ x: 100 * at, y: 100 * distance })),
            })),
          },
        ],
      },
      promises: runs.flatMap(promisesOf),
    } satisfies Outcome;
  },
};
