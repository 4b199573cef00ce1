import { stageSettings } from '../../../lib/stages.ts';
import { poisson } from '../arrivals.ts';
import { bySecond, countOf, loadCells, quantileMs } from '../figures.ts';
import { Fleet, type Call } from '../fleet.ts';
import { sendIncrements } from '../increment-calls.ts';
import { allServed, loggedOnce } from '../promises.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

interface Load {
  readonly name: string;
  readonly perSecond: number;
  /** Containers that share the calls evenly. */
  readonly containers: number;
  /** Lanes that an operator has given the key before. */
  readonly pinned?: number;
  /** Left out of a quick run. */
  readonly long?: boolean;
}

interface Run {
  readonly load: Load;
  readonly calls: readonly Call[];
  readonly appended: number;
  readonly refusedByShards: number;
}

const loads: readonly Load[] = [
  { name: '800/s over 50 containers', perSecond: 800, containers: 50 },
  { name: '1,500/s over 50 containers', perSecond: 1500, containers: 50, long: true },
  { name: '1,500/s over 400 containers', perSecond: 1500, containers: 400 },
  { name: '3,000/s over 400 containers', perSecond: 3000, containers: 400, long: true },
  { name: '3,000/s over 400, pinned to 16 lanes', perSecond: 3000, containers: 400, pinned: 16, long: true },
];

/** Every container that the log refused has spread the key by then. */
const spreadAfterMs = 5000;

const servedOnceSpread = ({ load, calls }: Run): Kept => {
  const { offered, served } = countOf(calls.filter(({ atMs }) => atMs >= spreadAfterMs));
  return {
    promise: `${load.name}: after ${spreadAfterMs / 1000} s all are served`,
    kept: offered > 0 && served === offered,
    seen: `${served} of ${offered}`,
  };
};

async function runLoad(load: Load, seed: number, seconds: number): Promise<Run> {
  const { perSecond, containers, pinned } = load;
  const prod = stageSettings('prod');
  const hotKeys = pinned === undefined ? [] : [{ key: 'ad-0/clicks', lanes: pinned }];
  const settings = { ...prod, counters: { ...prod.counters, hotKeys } };
  const fleet = new Fleet({ seed, settings, dispatch: 'longest-idle' });
  const instants = poisson(fleet.kernel.fork('arrivals'), { perSecond, fromMs: 20, toMs: seconds * 1000 });
  const calls = await sendIncrements(fleet, { instants, warm: containers, tokens: 100, counters: 1 });
  const { appended, refused } = fleet.increments;
  return { load, calls, appended, refusedByShards: refused };
}

export const hotKey: Scenario = {
  name: 'hot-key',
  about: 'Single increments of one counter, over a stream of four shards.',
  async run({ seed, quick }) {
    const runs: Run[] = [];
    for (const load of loads) {
      if (!quick || load.long !== true) runs.push(await runLoad(load, seed, quick ? 6 : 20));
    }
    return {
      head: ['load', 'calls', 'served', 'refused', 'tries that shards refused', 'p99'],
      rows: runs.map(({ load, calls, refusedByShards }) => [
        ...loadCells(load.name, calls),
        refusedByShards.toLocaleString('en'),
        `${quantileMs(calls, 0.99)} ms`,
      ]),
      chart: {
        title: 'One hot counter: calls that are refused',
        notes: ['Four shards of 1,000 records a second; virtual time.'],
        xTitle: 'seconds',
        panels: [
          {
            ...{ title: 'Refused', unit: 'calls a second' },
            series: runs.map(({ load, calls }) => ({
              name: load.name,
              points: bySecond(calls, ({ status }) => status >= 400),
            })),
          },
        ],
      },
      promises: runs.flatMap((run) => [
        run.load.pinned === undefined ? servedOnceSpread(run) : allServed(run),
        loggedOnce(run),
      ]),
    } satisfies Outcome;
  },
};
