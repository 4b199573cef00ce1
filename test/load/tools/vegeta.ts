import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLoadOptions } from '../options.ts';
import { vegetaTargets } from '../vegeta-targets.ts';
import type { GuardedServer } from './guarded-server.ts';
import { runTool } from './run-tool.ts';
import type { Tally, ToolRun } from './tally.ts';

export interface RateSize {
  readonly perSecond: number;
  readonly seconds: number;
}

/** As many targets as requests, so that each is sent once and the sums are known without their order. */
export async function runVegeta(
  program: string,
  { url, token }: GuardedServer,
  { perSecond, seconds }: RateSize,
): Promise<ToolRun> {
  const requests = perSecond * seconds;
  const options = readLoadOptions(['--url', url.origin, '--token', token, '--seed', '1']);
  const targets = [...vegetaTargets(options, requests)];
  const folder = await mkdtemp(join(tmpdir(), 'adtally-vegeta-'));
  try {
    const [input, output] = [join(folder, 'targets.json'), join(folder, 'results.bin')];
    await writeFile(input, `${targets.join('\n')}\n`);
    const load = [`-rate=${perSecond}/s`, `-duration=${seconds}s`, '-connections=64'];
    await runTool(program, ['attack', '-format=json', `-targets=${input}`, `-output=${output}`, ...load]);
    const { stdout } = await runTool(program, ['report', '-type=json', output]);
    const report = JSON.parse(stdout) as VegetaReport;
    assertAllAnswered(report, requests);
    const { '50th': p50, '99th': p99 } = report.latencies;
    const notes = [`answer p50 ${(p50 / 1e6).toFixed(1)}, p99 ${(p99 / 1e6).toFixed(1)} ms`];
    return { requests, tallies: targetTallies(targets), notes };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export interface VegetaReport {
  readonly requests: number;
  readonly status_codes: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
  /** Nanoseconds. */
  readonly latencies: Readonly<Record<'50th' | '99th', number>>;
}

/** 404: a counter that nothing was added to yet. vegeta does not say which request failed, so none may. */
export function assertAllAnswered({ requests, status_codes, errors }: VegetaReport, expected: number): void {
  const answered = ['200', '202', '404'].reduce((sum, status) => sum + (status_codes[status] ?? 0), 0);
  if (requests === expected && answered === expected) return;
  const statuses = JSON.stringify(status_codes);
  throw new Error(
    `vegeta sent ${requests} of ${expected} requests and was answered ${statuses}: ${errors.slice(0, 3).join('; ')}`,
  );
}

interface Increment {
  readonly key: string;
  readonly value: number;
}

/** What the targets add to each counter. */
export function targetTallies(targets: readonly string[]): readonly Tally[] {
  const sums = new Map<string, number>();
  for (const target of targets) {
    const { body } = JSON.parse(target) as { readonly body?: string };
    if (body === undefined) continue;
    const sent = JSON.parse(Buffer.from(body, 'base64').toString()) as
      Increment | { increments: Increment[] };
    for (const { key, value } of 'increments' in sent ? sent.increments : [sent])
      sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return Array.from(sums, ([key, acknowledged]) => ({ keys: [key], acknowledged, uncertain: 0 }));
}
