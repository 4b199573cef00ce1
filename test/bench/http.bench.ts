/**
 * Goals: what `npm start` answers over real sockets, with the generator in a process of its own on the same cores: pages of
 * ads at 1,000 and 10,000 ads, increments of one key and of many, batches, and how soon they are visible. The same as
 * `npm run load` with the profiles growth and writes, for the table. Non-goals: latency under a steady rate (`npm run load`).
 *
 *   node test/bench/main.ts http
 */
import { Generators } from '../load/generator/generators.ts';
import { parseLoadArguments, type LoadOptions } from '../load/options.ts';
import { growthProfile } from '../load/profiles/growth.ts';
import type { ProfileContext, ProfileResult } from '../load/profiles/profile.ts';
import { writesProfile } from '../load/profiles/writes.ts';
import type { Ceiling } from '../load/session.ts';
import type { BenchContext, Benchmark } from './harness.ts';

export const httpBench: Benchmark = {
  name: 'http',
  run: async (context) => {
    const generators = new Generators(1);
    try {
      await pages(context, generators);
      await increments(context, generators);
    } finally {
      generators.stop();
    }
  },
};

async function pages(context: BenchContext, generators: Generators): Promise<void> {
  const small = ['--ads', '20', '--seconds', '0.1'];
  const run = contextOf(context, generators, [
    '--profile',
    'growth',
    ...(context.quick ? small : ['--ads', '10000']),
  ]);
  const { ceiling, sizes } = soundFacts(await growthProfile(run));
  for (const { ads, perSecond, p99, cpuUs, ratio, residentMb } of sizes) {
    const conditions = {
      ...conditionsOf(run.options, ceiling),
      'us of the server': cpuUs.toFixed(1),
      'p99 ms': p99.toFixed(1),
    };
    const name = `GET /api/v1/ad over HTTP, ${ads.toLocaleString('en')} ads`;
    context.report({ name, value: perSecond, unit: 'requests/s', conditions });
    context.report({ name: `${name}, to the fewest`, value: ratio, unit: 'times', conditions });
    context.report({ name: `${name}, whole process`, value: residentMb, unit: 'MB resident', conditions });
  }
}

async function increments(context: BenchContext, generators: Generators): Promise<void> {
  const small = ['--keys', '30', '--connections', '8', '--seconds', '0.1'];
  const run = contextOf(context, generators, ['--profile', 'writes', ...(context.quick ? small : [])]);
  const { ceiling, one, many, ratio, batches, visible } = soundFacts(await writesProfile(run));
  const conditions = conditionsOf(run.options, ceiling);
  const row = (name: string, value: number, unit: string): void => {
    context.report({ name, value, unit, conditions });
  };
  const keys = `${run.options.keys.toLocaleString('en')} keys`;
  row('POST /increment over HTTP, one key', one, 'requests/s');
  row(`POST /increment over HTTP, ${keys}`, many, 'requests/s');
  row(`POST /increment over HTTP, one key to ${keys}`, ratio, 'times');
  row(`POST of batches of ${run.options.batchSize} over HTTP`, batches.incrementsPerSecond, 'increments/s');
  row('POST to visible under these batches, p50', visible.p50, 'ms');
  row('POST to visible under these batches, p99', visible.p99, 'ms');
}

function contextOf({ seed }: BenchContext, generators: Generators, args: readonly string[]): ProfileContext {
  const parsed = parseLoadArguments([...args, '--seed', String(seed)]);
  if (parsed.type !== 'run') throw new Error(`wrong arguments: ${args.join(' ')}`);
  return { options: parsed.options, generators, say: () => undefined };
}

/** Figures of a run in which something was counted wrong or refused are none. */
function soundFacts<Facts extends object>({ facts, findings }: ProfileResult<Facts>): Facts {
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
