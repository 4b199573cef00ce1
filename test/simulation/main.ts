/**
 * Simulates the whole pipeline under faults: `npm run simulate` (docs/simulation.md). Exit codes: 0 all seeds kept every
 * promise, 1 one was broken, 2 wrong arguments, 3 something did not come to rest in time, 4 the code crashed.
 */
import { randomInt } from 'node:crypto';
import { readOptions, usage, type SimulateOptions } from './options.ts';
import { reportJson, type SeedReport } from './seed-report.ts';
import { shrink } from './shrink.ts';
import { storyOf } from './story.ts';
import { Summary } from './summary.ts';
import { runSeed, type SeedOptions } from './world.ts';

const exitCodes = { ok: 0, correctness: 1, arguments: 2, liveness: 3, crash: 4 } as const;
const progressEverySeeds = 50;

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args, randomInt(2 ** 30));
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}`);
    return exitCodes.arguments;
  }
  const { from, seeds, times, json, faults, limitMs } = options;
  if (!json) print(`seeds from ${from}${faults === undefined ? '' : `, faults ${[...faults].join(',')}`}`);
  const seedOptions: SeedOptions = { canary: options.canary, ...(faults !== undefined && { faults }) };
  const summary = new Summary();
  const beganMs = performance.now();
  const failures: SeedReport[] = [];
  for (
    let i = 0;
    i < seeds * times && performance.now() - beganMs < limitMs && failures.length === 0;
    i += 1
  ) {
    const report = await runSeed(from + Math.floor(i / times), {
      ...seedOptions,
      recording: options.single && !json,
    });
    summary.add(report);
    if (json) print(reportJson({ ...report, story: [] }));
    else if ((i + 1) % progressEverySeeds === 0) print(`${i + 1} seeds, ${summary.requests} requests`);
    if (!report.ok) failures.push(report);
  }
  const [failed] = failures;
  if (failed !== undefined && !json) await tell(failed, options, seedOptions);
  const { user, system } = process.cpuUsage();
  print(json ? JSON.stringify({ summary }) : summary.text((user + system) / 1000));
  return failed === undefined ? exitCodes.ok : exitCode(failed);
}

function exitCode({ violation }: SeedReport): number {
  if (violation?.invariant === 'crash') return exitCodes.crash;
  return violation?.liveness === true ? exitCodes.liveness : exitCodes.correctness;
}

async function tell(failed: SeedReport, options: SimulateOptions, seedOptions: SeedOptions): Promise<void> {
  print(`\nseed ${failed.seed} broke a promise: ${failed.violation?.message ?? ''}`);
  const kinds = options.faults === undefined ? '' : ` --faults ${[...options.faults].join(',')}`;
  print(`replay: npm run simulate -- --seed ${failed.seed}${kinds}\n`);
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

process.exitCode = await main(process.argv.slice(2));
