/**
 * Goals: the throughput of `npm start` over real sockets, with the generator in its own process on the same
 * cores: pages of ads at 1,000 and 10,000 ads, increments of one key and of many, batches, and how soon they
 * are visible; decisions beside pages, and beacons beside increments. The same as `npm run load` with the profiles
 * growth, writes and delivery, for the table. Non-goals: latency under a steady rate (`npm run load`).
 *
 *   node test/bench/main.ts http
 */
import { readLoadOptions, type LoadOptions } from '../load/options.ts';
import { deliveryProfile } from '../load/profiles/delivery.ts';
import { growthProfile } from '../load/profiles/growth.ts';
import { runProfile, type Profile } from '../load/profiles/profile.ts';
import type { Ceiling } from '../load/profiles/target.ts';
import { writesProfile } from '../load/profiles/writes.ts';
import type { BenchContext, Benchmark } from './harness.ts';

export const httpBench: Benchmark = {
  name: 'http',
  run: async (context) => {
    await pages(context);
    await increments(context);
    await delivery(context);
  },
};

async function pages(context: BenchContext): Promise<void> {
  const small = ['--ads', '20', '--seconds', '0.1'];
  const options = optionsOf(context, 'growth', context.quick ? small : ['--ads', '10000']);
  const { ceiling, sizes } = await soundFacts(growthProfile, options);
  for (const { ads, perSecond, p99, cpuUs, ratio, residentMb } of sizes) {
    const conditions = {
      ...conditionsOf(options, ceiling),
      'us of the server': cpuUs.toFixed(1),
      'p99 ms': p99.toFixed(1),
    };
    const name = `GET /api/v1/ad over HTTP, ${ads.toLocaleString('en')} ads`;
    context.report({ name, value: perSecond, unit: 'requests/s', conditions });
    context.report({ name: `${name}, to the fewest`, value: ratio, unit: 'times', conditions });
    context.report({ name: `${name}, whole process`, value: residentMb, unit: 'MB resident', conditions });
  }
}

async function increments(context: BenchContext): Promise<void> {
  const small = ['--keys', '30', '--connections', '8', '--seconds', '0.1'];
  const options = optionsOf(context, 'writes', context.quick ? small : []);
  const { ceiling, one, many, ratio, batches, visible } = await soundFacts(writesProfile, options);
  const conditions = conditionsOf(options, ceiling);
  const row = (name: string, value: number, unit: string): void => {
    context.report({ name, value, unit, conditions });
  };
  const keys = `${options.keys.toLocaleString('en')} keys`;
  row('POST /increment over HTTP, one key', one, 'requests/s');
  row(`POST /increment over HTTP, ${keys}`, many, 'requests/s');
  row(`POST /increment over HTTP, one key to ${keys}`, ratio, 'times');
  row(`POST of batches of ${options.batchSize} over HTTP`, batches.incrementsPerSecond, 'increments/s');
  row('POST to visible under these batches, p50', visible.p50, 'ms');
  row('POST to visible under these batches, p99', visible.p99, 'ms');
}

async function delivery(context: BenchContext): Promise<void> {
  const small = ['--ads', '20', '--connections', '8', '--seconds', '0.1'];
  const options = optionsOf(context, 'delivery', context.quick ? small : []);
  const { ads, ceiling, decisions, beacons } = await soundFacts(deliveryProfile, options);
  const conditions = { ...conditionsOf(options, ceiling), rounds: 'in turns, median of 7' };
  const rate = (name: string, { perSecond, cpuUs }: (typeof decisions)['pages']): void => {
    const all = { ...conditions, 'us of the server': cpuUs.toFixed(1) };
    context.report({ name, value: perSecond, unit: 'requests/s', conditions: all });
  };
  const ratio = (name: string, value: number): void => {
    context.report({ name, value, unit: 'times', conditions });
  };
  const of = `${ads.toLocaleString('en')} ads`;
  rate(`POST /api/v1/decisions over HTTP, one of ${of}`, decisions.decisions);
  rate(`GET /api/v1/ad over HTTP beside it, ${of}`, decisions.pages);
  ratio('decisions over HTTP to pages', decisions.ratio);
  for (const one of beacons) {
    const count = one.ads.toLocaleString('en');
    rate(`GET /t/i/{token} over HTTP, beacons of ${count} ads`, one.beacons);
    rate(`POST /increment over HTTP beside it, ${count} keys`, one.increments);
    ratio(`beacons of ${count} ads to increments`, one.ratio);
  }
}

function optionsOf({ seed }: BenchContext, profile: string, args: readonly string[]): LoadOptions {
  return readLoadOptions(['--profile', profile, ...args, '--seed', String(seed)]);
}

/** Figures of a run in which something was counted wrong or refused are none. */
async function soundFacts<Facts extends object>(
  profile: Profile<Facts>,
  options: LoadOptions,
): Promise<Facts> {
  const { facts, findings } = await runProfile(profile, options, () => undefined);
  if (findings.length > 0) throw new Error(findings.join('\n'));
  return facts;
}

function conditionsOf(
  { connections }: LoadOptions,
  { perSecond, cpuUs }: Ceiling,
): Readonly<Record<string, string | number>> {
  return {
    connections,
    'generator on a bare server': `${Math.round(perSecond)}/s, ${cpuUs.toFixed(1)} us each`,
    acknowledged: 'on disk, all counted',
    rates: 'by the clock',
  };
}
