import { stageSettings } from '../../../lib/stages.ts';
import { poisson } from '../arrivals.ts';
import { bySecond, countOf, loadCells, percent, quantileMs } from '../figures.ts';
import { Fleet, type Call } from '../fleet.ts';
import { countedBy, sendIncrements } from '../increment-calls.ts';
import type { LambdaOptions } from '../lambda.ts';
import { allServed, countedOnce } from '../promises.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

/** A token of prod: 200 calls a second, 1,000 in a window of 5 s. */
const settings = stageSettings('prod');
const quota = 5 * settings.tokens.rate.ratePerSecond;
const windowMs = 5000;

interface Load {
  readonly name: string;
  /** Warm before the first call; 0: each is started by a call. */
  readonly containers: number;
  readonly dispatch: LambdaOptions['dispatch'];
  /** Calls at random. undefined: all at once. */
  readonly perSecond?: number;
  /** Of calls at once. */
  readonly calls?: number;
  /** Left out of a quick run. */
  readonly long?: boolean;
  /** What the calls are promised. */
  readonly promises: readonly ((run: Run) => Kept)[];
}

interface Run {
  readonly load: Load;
  readonly calls: readonly Call[];
  readonly writes: number;
  readonly appended: number;
  readonly counted: number;
  readonly windows: number;
}

const underOnePercent = ({ load, calls }: Run): Kept => {
  const { offered, limited, failed } = countOf(calls);
  return {
    promise: `${load.name}: under 1 % are refused`,
    kept: limited + failed < 0.01 * offered,
    seen: percent(limited + failed, offered),
  };
};

const exactly = ({ load, calls, windows }: Run): Kept => {
  const { served } = countOf(calls);
  return {
    promise: `${load.name}: each window serves seven ninths of its quota or more, and never more than all of it`,
    kept: served <= windows * quota && served >= (7 / 9) * windows * quota,
    seen: `${served} of ${windows * quota}`,
  };
};

const loads: readonly Load[] = [
  {
    ...{ name: '100 calls at once on fresh containers', containers: 0, dispatch: 'warmest', calls: 100 },
    promises: [allServed],
  },
  {
    ...{ name: '900 calls at once on fresh containers', containers: 0, dispatch: 'warmest', calls: 900 },
    long: true,
    promises: [allServed],
  },
  {
    ...{ name: '150/s, the warmest first', containers: 0, dispatch: 'warmest', perSecond: 150 },
    promises: [allServed],
  },
  {
    ...{ name: '150/s over 200 containers', containers: 200, dispatch: 'longest-idle', perSecond: 150 },
    promises: [underOnePercent],
  },
  {
    ...{ name: '150/s over 1,000 containers', containers: 1000, dispatch: 'longest-idle', perSecond: 150 },
    long: true,
    promises: [underOnePercent],
  },
  {
    ...{ name: '400/s, the warmest first', containers: 0, dispatch: 'warmest', perSecond: 400 },
    promises: [exactly],
  },
  {
    ...{ name: '400/s over 200 containers', containers: 200, dispatch: 'longest-idle', perSecond: 400 },
    promises: [exactly],
  },
];

/** Waits out what remains of a window, so that a run begins with one and the clocks agree on which. */
const beginMs = 20;

async function runLoad(load: Load, seed: number, windows: number): Promise<Run> {
  // The usage plan would refuse first; it is best effort, so the limit must hold without it.
  const fleet = new Fleet({ seed, settings, dispatch: load.dispatch, usagePlan: false });
  const { perSecond } = load;
  const instants =
    perSecond === undefined
      ? new Array<number>(load.calls ?? 0).fill(beginMs)
      : poisson(fleet.kernel.fork('arrivals'), {
          ...{ perSecond, fromMs: beginMs, toMs: windows * windowMs - 100 },
        });
  const calls = await sendIncrements(fleet, {
    ...{ instants, warm: load.containers, tokens: 1, counters: 1 },
  });
  const { appended } = fleet.increments;
  const writes = fleet.dynamodb.used('rate').writes;
  return { load, calls, writes, appended, counted: await countedBy(fleet, 1), windows };
}

export const rateLimit: Scenario = {
  name: 'rate-limit',
  about: 'One token of prod (200 calls a second, 1,000 in a window of 5 s) over many containers.',
  async run({ seed, quick }) {
    const runs: Run[] = [];
    for (const load of loads) {
      if (!quick || load.long !== true) runs.push(await runLoad(load, seed, quick ? 2 : 12));
    }
    return {
      head: ['load', 'calls', 'served', 'refused', 'leases a call', 'p99'],
      rows: runs.map(({ load, calls, writes }) => [
        ...loadCells(load.name, calls),
        (writes / calls.length).toFixed(2),
        `${quantileMs(calls, 0.99)} ms`,
      ]),
      chart: chartOf(runs),
      promises: runs.flatMap((run) => [...run.load.promises, countedOnce].map((promise) => promise(run))),
    } satisfies Outcome;
  },
};

function chartOf(runs: readonly Run[]): Outcome['chart'] {
  const steady = runs.filter(({ load }) => load.perSecond !== undefined);
  return {
    title: 'Calls of one token that are served and refused',
    notes: ['200 calls a second, 1,000 in a window of 5 s; virtual time.'],
    xTitle: 'seconds',
    panels: [
      {
        ...{ title: 'Served', unit: 'calls a second' },
        series: steady.map(({ load, calls }) => ({
          name: load.name,
          points: bySecond(calls, ({ status }) => status < 400),
        })),
      },
      {
        ...{ title: 'Refused', unit: 'calls a second' },
        series: steady.map(({ load, calls }) => ({
          name: load.name,
          points: bySecond(calls, ({ status }) => status >= 400),
        })),
      },
    ],
  };
}
