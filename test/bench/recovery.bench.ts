/**
 * Goals: how long a cold reader takes: it reads the head and the snapshot from LMDB, checks and decompresses
 * them and makes a catalog that answers, in a process that has never run that code. Non-goals: loading the
 * code (cold-start measures it), DynamoDB.
 *
 *   node test/bench/main.ts recovery
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { parseHead } from '../../lib/app/ads/ad-head.ts';
import { writeSnapshot } from '../../lib/app/ads/snapshot-writer.ts';
import { headKey } from '../../lib/app/state-keys.ts';
import { nodeFlags } from '../../lib/embedded/node-flags.ts';
import { AdState, evolve } from '../../lib/core/ads/ad-state.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { adsDescription, makeAds } from './catalog-data.ts';
import { quantile, type BenchContext, type Benchmark } from './harness.ts';
import { openBenchLmdb } from './lmdb-stores.ts';

export const recoveryBench: Benchmark = {
  name: 'recovery',
  run: async (context) => {
    for (const adCount of context.quick ? [60, 140] : [1000, 100_000]) await measure(context, adCount);
  },
};

/** What recovery-process.ts prints. */
export interface Recovered {
  readonly openedMs: number;
  readonly readyMs: number;
  /** Of the second, what the processor did, all threads. */
  readonly processorMs: number;
  readonly residentMb: number;
  readonly hash: string;
}

const program = fileURLToPath(new URL('./recovery-process.ts', import.meta.url));

async function measure(context: BenchContext, adCount: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-bench-'));
  try {
    const snapshotBytes = await prepare(folder, context.seed, adCount);
    const processes = context.quick ? 1 : 9;
    const runs = Array.from(
      { length: processes },
      () =>
        JSON.parse(
          execFileSync(process.execPath, [...nodeFlags, program, folder], { encoding: 'utf8' }),
        ) as Recovered,
    );
    const hashes = new Set(runs.map(({ hash }) => hash));
    if (hashes.size !== 1) throw new Error('the processes do not answer the same');
    const conditions = {
      ads: adsDescription,
      'snapshot kB': Math.round(snapshotBytes / 1000),
      processes: `median of ${processes}`,
      hash: [...hashes].join(),
    };
    const row = (name: string, of: (run: Recovered) => number, unit: string): void => {
      const value = quantile(runs.map(of), 0.5);
      context.report({ name: `${adCount.toLocaleString('en')} ads, cold: ${name}`, value, unit, conditions });
    };
    row('from a snapshot on LMDB to the first page', ({ readyMs }) => readyMs, 'ms');
    row('the processor time of that', ({ processorMs }) => processorMs, 'ms');
    row('opening LMDB before that', ({ openedMs }) => openedMs, 'ms');
    row('whole process then', ({ residentMb }) => residentMb, 'MB resident');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Bytes of the snapshot. */
async function prepare(folder: string, seed: number, adCount: number): Promise<number> {
  const { state, close } = openBenchLmdb(folder);
  const adState = new AdState();
  makeAds(new Prng(seed), adCount).forEach((ad, i) => {
    evolve(adState, { type: 'put', version: i + 1, ad });
  });
  const attributes = { version: BigInt(adState.version), snapshot_version: 0n, live_ads: BigInt(adCount) };
  await state.write({ type: 'put', key: headKey, attributes });
  const deps = { state, clock: systemClock, telemetry: nullTelemetry };
  const head = await writeSnapshot(deps, adState, parseHead(attributes));
  await close();
  if (head === undefined) throw new Error('no snapshot was written');
  return head.active.snapshotBytes;
}
