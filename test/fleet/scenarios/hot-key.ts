import { stageSettings } from '../../../lib/stages.ts';
import { growing, poisson } from '../arrivals.ts';
import { bySecond, countOf, freshness, percent, quantileMs } from '../figures.ts';
import { Fleet, type Call, type Counted } from '../fleet.ts';
import { countedBy, sendIncrements } from '../increment-calls.ts';
import { allServed, countedOnce } from '../promises.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

interface Load {
  readonly name: string;
  readonly perSecond: number;
  /** Containers that share the calls evenly. */
  readonly containers: number;
  /** Lanes that an operator has given the key before. */
  readonly pinned?: number;
  /** The rate grows evenly to `perSecond` in so many seconds, which are the whole run. */
  readonly growsFor?: number;
  /** Shards of the stream. Default: those of a new stream on demand. */
  readonly shards?: number;
  /** Left out of a quick run. */
  readonly long?: boolean;
}

interface Run {
  readonly load: Load;
  readonly calls: readonly Call[];
  readonly appended: number;
  readonly counted: number;
  readonly counts: readonly Counted[];
  readonly refusedByShards: number;
}

const loads: readonly Load[] = [
  { name: '800/s over 50 containers', perSecond: 800, containers: 50, long: true },
  { name: '1,500/s over 400 containers', perSecond: 1500, containers: 400 },
  { name: '3,000/s over 400 containers', perSecond: 3000, containers: 400, long: true },
  { name: '3,000/s over 400, pinned to 16 lanes', perSecond: 3000, containers: 400, pinned: 16, long: true },
  { name: '0 to 2,000/s in 20 s, 400 containers', perSecond: 2000, containers: 400, growsFor: 20 },
  { name: '20,000/s over 400, 32 shards', perSecond: 20_000, containers: 400, shards: 32, long: true },
];

/** Every container has spread the key by then. */
const spreadAfterMs = 5000;

/** As operations.md promises (G2), where the store answers. */
const freshWithin = 10;

const servedOnceSpread = ({ load, calls }: Run): Kept => {
  const { offered, served } = countOf(calls.filter(({ atMs }) => atMs >= spreadAfterMs));
  return {
    promise: `${load.name}: after ${spreadAfterMs / 1000} s all are served`,
    kept: offered > 0 && served === offered,
    seen: `${served} of ${offered}`,
  };
};

/** A rate that grows from nothing is noticed before the log refuses a call. */
const promiseOf = (run: Run): Kept =>
  run.load.pinned !== undefined || run.load.growsFor !== undefined ? allServed(run) : servedOnceSpread(run);

const countedSoon = ({ load, counts }: Run): Kept => {
  const seen = freshness(counts, 0.99);
  return {
    promise: `${load.name}: 99 % are counted within ${freshWithin} s`,
    kept: Number.parseFloat(seen) <= freshWithin,
    seen,
  };
};

/** More calls than 10,000 a second need quotas that AWS raises when asked. */
const raised = { concurrency: 3000, gatewayPerSecond: 40_000 };

async function runLoad(load: Load, seed: number, seconds: number): Promise<Run> {
  const { perSecond, containers, pinned, shards, growsFor } = load;
  const prod = stageSettings('prod');
  const hotKeys = pinned === undefined ? [] : [{ key: 'ad-0/clicks', lanes: pinned }];
  const streams =
    shards === undefined
      ? prod.streams
      : {
          ...prod.streams,
          increments: { ...prod.streams.increments, mode: 'provisioned' as const, shardCount: shards },
        };
  const settings = { ...prod, streams, counters: { ...prod.counters, hotKeys } };
  const fleet = new Fleet({ seed, settings, dispatch: 'longest-idle', ...(shards !== undefined && raised) });
  const arrivals = growsFor === undefined ? poisson : growing;
  const instants = arrivals(fleet.kernel.fork('arrivals'), {
    ...{ perSecond, fromMs: 20, toMs: (growsFor ?? seconds) * 1000 },
  });
  const calls = await sendIncrements(fleet, { instants, warm: containers, tokens: 400, counters: 1 });
  const { appended, refused } = fleet.increments;
  const counted = await countedBy(fleet, 1);
  return { load, calls, appended, counted, counts: fleet.counted, refusedByShards: refused };
}

export const hotKey: Scenario = {
  name: 'hot-key',
  about: 'Single increments of one counter, over a stream of four shards or as said.',
  async run({ seed, quick }) {
    const runs: Run[] = [];
    for (const load of loads) {
      if (!quick || load.long !== true) runs.push(await runLoad(load, seed, quick ? 6 : 8));
    }
    return {
      head: ['load', 'calls', 'refused', 'tries that shards refused', 'p99', '99 % counted in'],
      rows: runs.map(({ load, calls, counts, refusedByShards }) => {
        const { offered, served } = countOf(calls);
        return [
          ...[load.name, offered.toLocaleString('en'), percent(offered - served, offered)],
          ...[refusedByShards.toLocaleString('en'), `${quantileMs(calls, 0.99)} ms`, freshness(counts, 0.99)],
        ];
      }),
      chart: {
        title: 'One hot counter: calls that are refused',
        notes: ['Four shards of 1,000 records a second, or as said; virtual time.'],
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
      promises: runs.flatMap((run) => [promiseOf(run), countedSoon(run), countedOnce(run)]),
    } satisfies Outcome;
  },
};
