/**
 * Simulates the whole pipeline under faults: `npm run simulate` (docs/simulation.md). Exit codes: 0 all seeds
 * kept every promise, 1 one was broken, 2 wrong arguments, 3 something did not become idle in time, 4 the
 * code crashed.
 */
import { randomInt } from 'node:crypto';
import { runCommand } from '../../lib/options.ts';
import { readOptions, usage, type SimulateOptions } from './options.ts';
import { reportJson, type SeedReport } from './seed-report.ts';
import { shrink } from './shrink.ts';
import { runSeeds } from './seed-pool.ts';
import { storyOf } from './story.ts';
import { Summary } from './summary.ts';
import { runSeed, type SeedOptions } from './world.ts';

const exitCodes = { ok: 0, correctness: 1, liveness: 3, crash: 4 } as const;
const progressEverySeeds = 50;

async function main(options: SimulateOptions): Promise<number> {
  const { from, json, faults } = options;
  if (!json) print(`seeds from ${from}${faults === undefined ? '' : `, faults ${[...faults].join(',')}`}`);
  const seedOptions: SeedOptions = {
    ...{ canary: options.canary, goals: options.goals },
    ...(faults !== undefined && { faults }),
  };
  const summary = new Summary();
  const beganMs = performance.now();
  let failed: SeedReport | undefined;
  const onReport = (report: SeedReport): boolean => {
    summary.add(report);
    if (json) print(reportJson({ ...report, story: [] }));
    else if (summary.seeds % progressEverySeeds === 0) print(progress(summary, performance.now() - beganMs));
    if (!report.ok) failed = report;
    return report.ok;
  };
  if (options.single) {
    for (const seed of seedsOf(options, beganMs)) {
      if (!onReport(await runSeed(seed, { ...seedOptions, recording: !json }))) break;
    }
  } else {
    const { workers } = options;
    await runSeeds({ seeds: seedsOf(options, beganMs), workers, options: seedOptions, onReport });
  }
  if (failed !== undefined && !json) await tell(failed, options, seedOptions);
  const { user, system } = process.cpuUsage();
  const processorMs = (user + system) / 1000;
  print(
    json ? JSON.stringify({ summary }) : summary.text({ processorMs, wallMs: performance.now() - beganMs }),
  );
  return failed === undefined ? exitCodes.ok : exitCode(failed);
}

/** Each seed as often as was asked for, until the time is up. */
function* seedsOf(options: SimulateOptions, beganMs: number): Generator<number, undefined> {
  const { from, seeds, times, limitMs } = options;
  for (let i = 0; i < seeds * times && performance.now() - beganMs < limitMs; i += 1) {
    yield from + Math.floor(i / times);
  }
  return undefined;
}

function progress({ seeds, requests }: Summary, wallMs: number): string {
  return `${seeds} seeds, ${requests} requests, ${(wallMs / 1000).toFixed(0)} s`;
}

function exitCode({ violation }: SeedReport): number {
  if (violation?.invariant === 'crash') return exitCodes.crash;
  return violation?.liveness === true ? exitCodes.liveness : exitCodes.correctness;
}

async function tell(failed: SeedReport, options: SimulateOptions, seedOptions: SeedOptions): Promise<void> {
  print(`\nseed ${failed.seed} broke a promise: ${failed.violation?.message ?? ''}`);
  const kinds = options.faults === undefined ? '' : ` --faults ${[...options.faults].join(',')}`;
  const goals = options.goals ? ' --goals' : '';
  print(`replay: npm run simulate -- --seed ${failed.seed}${kinds}${goals}\n`);
  if (!options.shrink) {
    print(
      storyOf(
        failed.story.length > 0 ? failed : await runSeed(failed.seed, { ...seedOptions, recording: true }),
      ),
    );
    return;
  }
  const { report, options: least, runs } = await shrink(failed, seedOptions);
  print(`shrunk in ${runs} runs to the faults ${[...(least.exactly ?? [])].join(', ') || 'none'}`);
  print(
    `${report.clients.length === 0 ? 'no clients' : `the clients ${report.clients.join(', ')}`}, and ${((least.share ?? 1) * 100).toFixed(0)} % of the time\n`,
  );
  print(storyOf(report));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runCommand({
  name: 'simulate',
  usage,
  read: (args) => readOptions(args, randomInt(2 ** 30)),
  run: main,
});
