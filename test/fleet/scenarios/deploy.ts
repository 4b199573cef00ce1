import { holdRelease } from '../../../lib/app/release/hold-release.ts';
import { ReleasedVersionError } from '../../../lib/ports/released-version.ts';
import { stageSettings, type FunctionName } from '../../../lib/stages.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import { writeAds } from '../ads-at-rest.ts';
import { poisson } from '../arrivals.ts';
import { countOf, percent, quantileMs } from '../figures.ts';
import { Fleet, type Call } from '../fleet.ts';
import { countedBy } from '../increment-calls.ts';
import { sendMixed } from '../mixed-calls.ts';
import { kept } from '../promises.ts';
import type { Outcome, Scenario } from '../scenario.ts';

const perSecond = { increments: 100, reads: 500 };
const counters = 400;

interface Release {
  readonly name: string;
  /** A tenth of the calls goes to the new versions first. */
  readonly gradual: boolean;
  /** The new version of query-ads gets its first call once some of its containers hold the catalog. */
  readonly warm: boolean;
}

const releases: readonly Release[] = [
  { name: 'all at once', gradual: false, warm: false },
  { name: 'a tenth first', gradual: true, warm: false },
  { name: 'a tenth first, readers warm', gradual: true, warm: true },
];

const functions: readonly FunctionName[] = ['ingest-increments', 'query-ads', 'aggregate-increments'];
const nextVersion = '2';
const shareOfFirst = 0.1;

interface Run {
  readonly release: Release;
  readonly calls: readonly Call[];
  readonly counted: number;
  readonly releasedMs: number;
  readonly endMs: number;
}

/** `firstMs`: how long a tenth of the calls goes to the new versions; five minutes on AWS. */
async function run(
  release: Release,
  { seed, ads, firstMs }: { readonly seed: number; readonly ads: number; readonly firstMs: number },
): Promise<Run> {
  const settings = stageSettings('prod');
  const fleet = new Fleet({ seed, settings, warmedTables: true });
  const { kernel, lambda } = fleet;
  await writeAds(
    { state: fleet.dynamodb.store, clock: { nowMs: () => kernel.nowMs() } },
    { ads, changes: 100 },
  );
  const releasedMs = 10_000;
  const endMs = releasedMs + firstMs + 20_000;
  const arrivals = (name: keyof typeof perSecond): number[] =>
    poisson(kernel.fork(name), { perSecond: perSecond[name], fromMs: 0, toMs: endMs });
  const [increments, reads] = [arrivals('increments'), arrivals('reads')];
  const shift = (share: number): void => {
    for (const name of functions) lambda.shift(name, nextVersion, share);
  };
  const warmUp = async (): Promise<void> => {
    const { outcome } = await holdRelease({
      ...{ settings, telemetry: nullTelemetry, version: nextVersion, state: fleet.dynamodb.store },
      clock: {
        nowMs: () => Math.floor(kernel.nowMs()),
        monotonicMs: () => kernel.elapsedMs,
        sleep: (durationMs, signal) => kernel.sleep(durationMs, signal),
      },
      released: {
        async invoke(event) {
          const invocation = await lambda.invoke('query-ads', event, { version: nextVersion });
          if (invocation.status === 'answered') return invocation.result;
          throw new ReleasedVersionError(invocation.status);
        },
      },
    });
    if (outcome !== 'warm') throw new Error('the release was refused');
  };
  const deploy = async (): Promise<void> => {
    if (release.warm) await warmUp();
    if (release.gradual) {
      shift(shareOfFirst);
      await kernel.sleep(firstMs);
    }
    shift(1);
  };
  const calls = await fleet.run(
    () => {
      for (const name of functions) lambda.warm(name, 20);
      kernel.after(releasedMs, () => void kernel.spawn(deploy));
      sendMixed(fleet, { increments, reads, tokens: 100, keyOf: (i) => `ad-${i % counters}/clicks` });
    },
    { calls: increments.length + reads.length, untilMs: endMs },
  );
  return { release, calls, counted: await countedBy(fleet, counters), releasedMs, endMs };
}

/** The first calls of the containers that are warm at the beginning are over by then. */
const steadyFromMs = 5000;

export const deploy: Scenario = {
  name: 'deploy',
  about: 'New versions of the functions under 500 reads and 100 increments a second.',
  async run({ seed, quick }) {
    const runs: Run[] = [];
    const size = quick ? { ads: 5000, firstMs: 5000 } : { ads: 100_000, firstMs: 30_000 };
    for (const release of releases) runs.push(await run(release, { seed, ...size }));
    const after = ({ calls, releasedMs }: Run): readonly Call[] =>
      calls.filter(({ atMs }) => atMs >= releasedMs);
    return {
      head: ['release', 'calls', 'refused', 'cold calls', 'p99 before', 'p99 from then on'],
      rows: runs.map((one) => {
        const { offered, served } = countOf(after(one));
        const before = one.calls.filter(({ atMs }) => atMs >= steadyFromMs && atMs < one.releasedMs);
        return [
          one.release.name,
          offered.toLocaleString('en'),
          percent(offered - served, offered),
          percent(after(one).filter(({ cold }) => cold === true).length, offered),
          `${quantileMs(before, 0.99)} ms`,
          `${quantileMs(after(one), 0.99)} ms`,
        ];
      }),
      chart: chartOf(runs),
      promises: runs.flatMap(({ release, calls, counted }) => {
        const { offered, served } = countOf(calls);
        const increments = countOf(calls.filter(({ kind }) => kind === 'ingest-increments'));
        return [
          kept(`${release.name}: all are served`, served === offered, `${served} of ${offered}`),
          kept(
            `${release.name}: each increment that was acknowledged is counted once, and no other`,
            counted === increments.served,
            `${increments.served} acknowledged, ${counted} counted`,
          ),
        ];
      }),
    } satisfies Outcome;
  },
};

function chartOf(runs: readonly Run[]): Outcome['chart'] {
  const bySecond = ({ calls, endMs }: Run): { x: number; y: number }[] =>
    Array.from({ length: Math.floor(endMs / 1000) }, (_, second) => {
      const inSecond = calls.filter(({ atMs }) => Math.floor(atMs / 1000) === second);
      return { x: second, y: quantileMs(inSecond, 0.99) };
    });
  return {
    title: 'The slowest answers around a deployment',
    notes: [`Released at second ${(runs[0]?.releasedMs ?? 0) / 1000}; virtual time.`],
    xTitle: 'seconds',
    panels: [
      {
        ...{ title: 'p99 of the calls of a second', unit: 'ms' },
        series: runs.map((one) => ({ name: one.release.name, points: bySecond(one) })),
      },
    ],
  };
}
