import { stageSettings } from '../../../lib/stages.ts';
import type { Kernel } from '../../simulation/kernel.ts';
import { toEvent } from '../../support/proxy-event.ts';
import { writeAds, type AdsAtRest } from '../ads-at-rest.ts';
import { quantileMs } from '../figures.ts';
import { Fleet, type Call } from '../fleet.ts';
import type { Kept, Outcome, Scenario } from '../scenario.ts';

interface Load extends AdsAtRest {
  readonly name: string;
  /** Tables that allow 40,000 units a second, as after a day of such traffic; otherwise new ones. */
  readonly warmedTables: boolean;
  /** The snapshot is in S3. */
  readonly inBlobs?: boolean;
}

interface Run {
  readonly load: Load;
  readonly callers: number;
  readonly calls: readonly Call[];
  /** From a caller's first try to its answer with ads; those who got none within the minute are left out. */
  readonly servedMs: readonly number[];
  /** Containers that hold the newest catalog, by the second. */
  readonly warm: readonly { readonly x: number; readonly y: number }[];
  readonly allWarmMs: number | undefined;
  readonly readUnits: number;
}

const loads: readonly Load[] = [
  { name: '100,000 ads, tables at their quota', ads: 100_000, changes: 1000, warmedTables: true },
  {
    ...{ name: '1,000,000 ads in S3, new tables', ads: 1_000_000, changes: 1000, warmedTables: false },
    inBlobs: true,
  },
];

const quickLoads: readonly Load[] = [
  { name: '10,000 ads, new tables', ads: 10_000, changes: 100, warmedTables: false },
  {
    ...{ name: '10,000 ads in S3, new tables', ads: 10_000, changes: 100, warmedTables: false },
    ...{ inBlobs: true, chunkCharacters: 200_000 },
  },
];

const herdMs = 60_000;

/** What a caller waits if an answer does not say. */
const pauseMs = 1000;

/** A caller that has its ads asks again after so long. */
const servedPauseMs = 5000;

async function runLoad(load: Load, seed: number, callers: number): Promise<Run> {
  const { warmedTables, inBlobs = false } = load;
  // Every container is called again, also one that has answered 503.
  const fleet = new Fleet({ seed, settings: stageSettings('prod'), warmedTables, dispatch: 'longest-idle' });
  const clock = { nowMs: () => fleet.kernel.nowMs() };
  const blobs = inBlobs ? fleet.s3.store : undefined;
  await writeAds({ state: fleet.dynamodb.store, clock, blobs }, load);
  const servedMs: number[] = [];
  const warm: { x: number; y: number }[] = [];
  let allWarmMs: number | undefined;
  const version = load.ads + load.changes;
  let asking = callers;
  const ask = async (): Promise<void> => {
    let served = false;
    while (fleet.kernel.elapsedMs < herdMs) {
      const { status, retryAfterMs = pauseMs } = await fleet.ask(event);
      const ok = status === 200;
      if (ok && !served) servedMs.push(fleet.kernel.elapsedMs);
      served ||= ok;
      await fleet.kernel.sleep(ok ? servedPauseMs : retryAfterMs);
    }
    asking -= 1;
  };
  const work = (kernel: Kernel): void => {
    for (let i = 0; i < callers; i += 1) void kernel.spawn(ask);
    for (let atMs = 0; atMs <= herdMs; atMs += 100) {
      kernel.after(atMs, () => {
        const count = fleet.catalogReaders.filter(({ facts }) => facts.version === version).length;
        if (count >= callers) allWarmMs ??= atMs;
        if (atMs % 1000 === 0) warm.push({ x: atMs / 1000, y: count });
      });
    }
  };
  const done = (): boolean => asking === 0 && fleet.kernel.elapsedMs > herdMs;
  const calls = await fleet.run(work, { calls: callers, untilMs: herdMs, done });
  const kinds = ['head', 'snapshots', 'chunk', 'changes'];
  const readUnits = kinds.reduce((sum, kind) => sum + fleet.dynamodb.used(kind).reads, 0);
  return { load, callers, calls, servedMs, warm, allWarmMs, readUnits };
}

const event = toEvent({ path: '/api/v1/ad?age=30' });

const warmWithinTheMinute = ({ load, callers, servedMs, allWarmMs }: Run): Kept => ({
  promise: `${load.name}: every container is warm and every caller served within the minute`,
  kept: allWarmMs !== undefined && servedMs.length === callers,
  seen: `${servedMs.length} of ${callers} served, all warm after ${allWarmMs ?? 'more than 60,000'} ms`,
});

export const coldHerd: Scenario = {
  name: 'cold-herd',
  about:
    'One call each of 1,000 callers at once, while no container has the catalog; they ask again for a minute.',
  async run({ seed, quick }) {
    const runs: Run[] = [];
    for (const load of quick ? quickLoads : loads) runs.push(await runLoad(load, seed, quick ? 200 : 1000));
    return {
      head: [
        'load',
        'served in the minute',
        'answers 503',
        'p99 until served',
        'read units',
        'all warm after',
      ],
      rows: runs.map(({ load, callers, calls, servedMs, allWarmMs, readUnits }) => [
        load.name,
        `${servedMs.length.toLocaleString('en')} of ${callers.toLocaleString('en')}`,
        calls.filter(({ status }) => status >= 500).length.toLocaleString('en'),
        servedMs.length === 0
          ? 'none'
          : `${(
              quantileMs(
                servedMs.map((tookMs) => ({ tookMs })),
                0.99,
              ) / 1000
            ).toFixed(1)} s`,
        Math.round(readUnits).toLocaleString('en'),
        allWarmMs === undefined ? 'over 60 s' : `${(allWarmMs / 1000).toFixed(1)} s`,
      ]),
      chart: {
        title: 'Containers that hold the newest catalog',
        notes: ['1,000 containers start at once; virtual time.'],
        xTitle: 'seconds',
        panels: [
          {
            ...{ title: 'Warm', unit: 'containers' },
            series: runs.map(({ load, warm }) => ({ name: load.name, points: [...warm] })),
          },
        ],
      },
      promises: runs.map(warmWithinTheMinute),
    } satisfies Outcome;
  },
};
