import { stageSettings } from '../../../lib/stages.ts';
import { writeAds } from '../ads-at-rest.ts';
import { poisson } from '../arrivals.ts';
import { bySecond, countOf, freshness, percent, quantileMs } from '../figures.ts';
import { Fleet, type Call } from '../fleet.ts';
import { countedBy } from '../increment-calls.ts';
import { sendMixed } from '../mixed-calls.ts';
import { kept } from '../promises.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

/** Calls a second of each kind. */
const perSecond = { increments: 20, reads: 200 };
const counters = 400;

/** Each service takes so many times as long for a while; containers and gateway are as always. */
interface Slowness {
  readonly name: string;
  readonly times: number;
  /** What callers get in the meantime. */
  readonly promise: (during: readonly Call[]) => Kept;
}

const allServedSlowly = (during: readonly Call[]): Kept => {
  const { offered, served } = countOf(during);
  return kept('20 times: all are served', served === offered, `${served} of ${offered}`);
};

/** Reads go on from the catalog in memory for a minute. */
const readsGoOn = (during: readonly Call[]): Kept => {
  const reads = during.filter(({ kind }) => kind === 'query-ads');
  const { offered, served } = countOf(reads);
  return kept(
    '2,000 times: seven of ten reads are served from memory',
    served >= 0.7 * offered,
    `${served} of ${offered}`,
  );
};

const all: readonly Slowness[] = [
  { name: '20 times', times: 20, promise: allServedSlowly },
  { name: '2,000 times', times: 2000, promise: readsGoOn },
];

interface Phases {
  readonly before: readonly Call[];
  readonly during: readonly Call[];
  /** From `recoveredMs` after its end on. */
  readonly after: readonly Call[];
}

interface Run {
  readonly slowness: Slowness;
  readonly calls: readonly Call[];
  readonly phases: Phases;
  readonly counted: number;
  readonly freshness: string;
  readonly slowFromMs: number;
  readonly slowToMs: number;
}

/** Calls that waited have been answered by then: no function runs longer. */
const recoveredMs = 30_000;

async function run(
  slowness: Slowness,
  { seed, slowMs, ads }: { readonly seed: number; readonly slowMs: number; readonly ads: number },
): Promise<Run> {
  const fleet = new Fleet({ seed, settings: stageSettings('prod'), warmedTables: true });
  const { kernel, region } = fleet;
  await writeAds(
    { state: fleet.dynamodb.store, clock: { nowMs: () => kernel.nowMs() } },
    { ads, changes: 0 },
  );
  const slowFromMs = 10_000;
  const slowToMs = slowFromMs + slowMs;
  const endMs = slowToMs + recoveredMs + 10_000;
  const arrivals = (name: keyof typeof perSecond): number[] =>
    poisson(kernel.fork(name), { perSecond: perSecond[name], fromMs: 0, toMs: endMs });
  const [increments, reads] = [arrivals('increments'), arrivals('reads')];
  const calls = await fleet.run(
    () => {
      for (const name of ['ingest-increments', 'query-ads'] as const) fleet.lambda.warm(name, 20);
      kernel.after(slowFromMs, () => {
        region.slowness = slowness.times;
      });
      kernel.after(slowToMs, () => {
        region.slowness = 1;
      });
      sendMixed(fleet, { increments, reads, tokens: 100, keyOf: (i) => `ad-${i % counters}/clicks` });
    },
    { calls: increments.length + reads.length, untilMs: endMs },
  );
  const between = (fromMs: number, toMs: number): readonly Call[] =>
    calls.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  return {
    ...{ slowness, calls, slowFromMs, slowToMs },
    phases: {
      before: between(2000, slowFromMs),
      during: between(slowFromMs, slowToMs),
      after: between(slowToMs + recoveredMs, Infinity),
    },
    counted: await countedBy(fleet, counters),
    freshness: freshness(fleet.counted, 0.99),
  };
}

/** An answer that never came, or says that nobody knows: the increment may be in the log. */
function isOpen({ kind, status }: Call): boolean {
  return kind === 'ingest-increments' && status >= 500;
}

export const slowRegion: Scenario = {
  name: 'slow-region',
  about:
    'Each call of a service takes many times as long for a while, under 20 increments and 200 reads a second.',
  async run({ seed, quick }) {
    const runs: Run[] = [];
    const size = quick ? { slowMs: 20_000, ads: 1000 } : { slowMs: 50_000, ads: 10_000 };
    for (const slowness of all) runs.push(await run(slowness, { seed, ...size }));
    return {
      head: [
        'services take',
        'refused before',
        'refused during',
        'p99 during',
        'refused after',
        '99 % counted in',
      ],
      rows: runs.map(({ slowness, phases, freshness: within }) => {
        const refused = (calls: readonly Call[]): string => {
          const { offered, served } = countOf(calls);
          return percent(offered - served, offered);
        };
        return [
          slowness.name,
          refused(phases.before),
          refused(phases.during),
          `${quantileMs(phases.during, 0.99).toLocaleString('en')} ms`,
          refused(phases.after),
          within,
        ];
      }),
      chart: chartOf(runs),
      promises: runs.flatMap(({ slowness, phases, calls, counted }) => {
        const increments = calls.filter(({ kind }) => kind === 'ingest-increments');
        const { served } = countOf(increments);
        const open = increments.filter(isOpen).length;
        const after = countOf(phases.after);
        return [
          slowness.promise(phases.during),
          kept(
            `${slowness.name}: each increment that was acknowledged is counted once`,
            counted >= served && counted <= served + open,
            `${served} acknowledged, ${counted} counted, ${open} refused or unanswered`,
          ),
          kept(
            `${slowness.name}: 30 s after its end all are served`,
            after.offered > 0 && after.served === after.offered,
            `${after.served} of ${after.offered}`,
          ),
        ];
      }),
    } satisfies Outcome;
  },
};

function chartOf(runs: readonly Run[]): Outcome['chart'] {
  const first = runs[0];
  return {
    title: 'Calls that are refused while services are slow',
    notes: [
      `Slow from second ${(first?.slowFromMs ?? 0) / 1000} to second ${(first?.slowToMs ?? 0) / 1000}; virtual time.`,
    ],
    xTitle: 'seconds',
    panels: [
      {
        ...{ title: 'Refused', unit: 'calls a second' },
        series: runs.map(({ slowness, calls }) => ({
          name: slowness.name,
          points: bySecond(calls, ({ status }) => status >= 400),
        })),
      },
    ],
  };
}
