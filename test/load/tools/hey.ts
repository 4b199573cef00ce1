import type { GuardedServer } from './guarded-server.ts';
import { runTool } from './run-tool.ts';
import type { ToolRun } from './tally.ts';

const key = 'hey';

export interface HeySize {
  readonly requests: number;
  readonly connections: number;
}

/** One key, as fast as the answers come. */
export async function runHey(
  program: string,
  { url, token }: GuardedServer,
  { requests, connections }: HeySize,
): Promise<ToolRun> {
  const body = JSON.stringify({ key, value: 1 });
  const { stdout } = await runTool(program, [
    ...['-n', String(requests), '-c', String(connections), '-m', 'POST', '-T', 'application/json'],
    ...['-H', `Authorization: Bearer ${token}`, '-d', body, new URL('/increment', url).href],
  ]);
  return { requests, tallies: [heyTally(stdout, requests)], notes: heyNotes(stdout) };
}

/** By the distribution of statuses: lines such as `[202]	50000 responses`. */
export function heyTally(stdout: string, requests: number): ToolRun['tallies'][number] {
  let [acknowledged, refused] = [0, 0];
  for (const [, status, count] of stdout.matchAll(/^ *\[(\d{3})\]\s+(\d+) responses$/gm)) {
    if (status === '202') acknowledged += Number(count);
    if (status?.startsWith('4') === true) refused += Number(count);
  }
  return { keys: [key], acknowledged, uncertain: requests - acknowledged - refused };
}

function heyNotes(stdout: string): readonly string[] {
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? '?';
  const p99 = /99%+ in ([\d.]+) secs/.exec(stdout)?.[1] ?? '?';
  return [`${rate} requests/s, p99 ${p99} s`];
}
