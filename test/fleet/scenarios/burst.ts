import { stageSettings } from '../../../lib/stages.ts';
import { poisson } from '../arrivals.ts';
import { bySecond, countOf, loadCells, quantileMs } from '../figures.ts';
import { Fleet, type Call } from '../fleet.ts';
import { countedBy, sendIncrements } from '../increment-calls.ts';
import { allServed, countedOnce } from '../promises.ts';
import { quotas } from '../quotas.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

const ofNewAccount = quotas.lambdaConcurrencyOfNewAccount.value;
const usual = quotas.lambdaConcurrency.value;

interface Load {
  readonly name: string;
  /** Concurrent executions of the account. */
  readonly concurrency: number;
  /** Calls at once, or at random for `seconds`. */
  readonly calls?: number;
  readonly perSecond?: number;
  readonly promise: (run: Run) => Kept;
}

interface Run {
  readonly load: Load;
  readonly calls: readonly Call[];
  readonly appended: number;
  readonly counted: number;
  readonly containers: number;
}

/** As many as may run at once are served, whatever else arrives with them. */
const servedAtOnce = ({ load, calls }: Run): Kept => {
  const { served } = countOf(calls);
  return {
    promise: `${load.name}: ${load.concurrency} are served`,
    kept: served >= load.concurrency,
    seen: `${served}`,
  };
};

/** Cold starts are over by then. */
const warmAfterMs = 3000;

const servedOnceWarm = ({ load, calls }: Run): Kept => {
  const later = calls.filter(({ atMs }) => atMs >= warmAfterMs);
  const { offered, served } = countOf(later);
  return {
    promise: `${load.name}: after ${warmAfterMs / 1000} s all are served`,
    kept: offered > 0 && served === offered,
    seen: `${served} of ${offered}`,
  };
};

const loads: readonly Load[] = [
  {
    ...{ name: 'new account, 10 calls at once', concurrency: ofNewAccount, calls: 10 },
    promise: allServed,
  },
  {
    ...{ name: 'new account, 100 calls at once', concurrency: ofNewAccount, calls: 100 },
    promise: servedAtOnce,
  },
  {
    ...{ name: 'new account, 50/s from nothing', concurrency: ofNewAccount, perSecond: 50 },
    promise: servedOnceWarm,
  },
  { ...{ name: '1,000 calls at once', concurrency: usual, calls: 1000 }, promise: allServed },
  { ...{ name: '3,000 calls at once', concurrency: usual, calls: 3000 }, promise: servedAtOnce },
  { ...{ name: '500/s from nothing', concurrency: usual, perSecond: 500 }, promise: allServed },
  { ...{ name: '3,000/s from nothing', concurrency: usual, perSecond: 3000 }, promise: servedOnceWarm },
];

async function runLoad(load: Load, seed: number, seconds: number): Promise<Run> {
  const settings = stageSettings('prod');
  const fleet = new Fleet({ seed, settings, concurrency: load.concurrency });
  const { perSecond } = load;
  const instants =
    perSecond === undefined
      ? new Array<number>(load.calls ?? 0).fill(0)
      : poisson(fleet.kernel.fork('arrivals'), { perSecond, fromMs: 0, toMs: seconds * 1000 });
  // So many tokens that none comes near its rate.
  const counters = 1000;
  const calls = await sendIncrements(fleet, { instants, warm: 0, tokens: 100, counters });
  return {
    ...{ load, calls, appended: fleet.increments.appended, counted: await countedBy(fleet, counters) },
    containers: fleet.lambda.containersOf('ingest-increments').started,
  };
}

export const burst: Scenario = {
  name: 'burst',
  about: 'Increments of 100 tokens of prod that begin at once, where no container is warm.',
  async run({ seed, quick }) {
    const runs: Run[] = [];
    for (const load of loads) runs.push(await runLoad(load, seed, quick ? 4 : 10));
    return {
      head: ['load', 'calls', 'served', 'refused', 'containers', 'p99 of served'],
      rows: runs.map(({ load, calls, containers }) => {
        const answered = calls.filter(({ status }) => status < 400);
        return [
          ...loadCells(load.name, calls),
          containers.toLocaleString('en'),
          `${quantileMs(answered, 0.99)} ms`,
        ];
      }),
      chart: chartOf(runs),
      promises: runs.flatMap((run) => [run.load.promise(run), countedOnce(run)]),
    } satisfies Outcome;
  },
};

function chartOf(runs: readonly Run[]): Outcome['chart'] {
  const steady = runs.filter(({ load }) => load.perSecond !== undefined);
  return {
    title: 'Increments that are refused while the first containers start',
    notes: ['No container is warm at the beginning; virtual time.'],
    xTitle: 'seconds',
    panels: [
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
