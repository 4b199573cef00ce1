import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GuardedServer } from './guarded-server.ts';
import { runTool } from './run-tool.ts';
import type { ToolRun } from './tally.ts';
import type { RateSize } from './vegeta.ts';

const script = fileURLToPath(new URL('../../../docs/performance/k6.mjs', import.meta.url));
const prefix = 'k6';
const keys = 1000;

interface K6Sums {
  readonly requests: number;
  readonly dropped: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly counted: number;
  readonly checksFailed: number;
}

/** The script of docs/performance. It waits for the totals by itself; we read them once more. */
export async function runK6(
  program: string,
  { url, token }: GuardedServer,
  { perSecond, seconds }: RateSize,
): Promise<ToolRun & { readonly countedByK6: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'adtally-k6-'));
  try {
    const result = join(folder, 'sums.json');
    const variables = {
      ...{ BASE_URL: url.origin, TOKEN: token, RATE: perSecond, SECONDS: seconds },
      ...{ KEYS: keys, PREFIX: prefix, RESULT: result },
    };
    const given = Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    // How fast the answers are depends on the machine; what was counted does not.
    const quiet = ['--quiet', '--no-thresholds', '--no-usage-report'];
    const { stdout } = await runTool(program, ['run', ...quiet, ...given, script]);
    const sums = JSON.parse(await readFile(result, 'utf8')) as K6Sums;
    const { requests, sent, acknowledged, refused, counted } = sums;
    const names = Array.from({ length: keys }, (_, i) => `${prefix}-${i}`);
    return {
      requests,
      tallies: [{ keys: names, acknowledged, uncertain: sent - acknowledged - refused }],
      notes: stdout.trim().split('\n').slice(0, 2),
      countedByK6: counted,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
