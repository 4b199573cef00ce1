import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run-command.ts';
import type { ServerForClients } from './server.ts';
import { pythonTool } from './tools.ts';

/** For how many seconds a run goes on. */
export const secondsVariable = 'ADTALLY_SCHEMATHESIS_SECONDS';

/** The exclusions, each with its reason. */
const hooks = fileURLToPath(new URL('../schemathesis-hooks.py', import.meta.url));
const defaultSeconds = 60;
/** For its start, and for the case that it is in when the time is over. */
const marginMs = 120_000;

/** The members of schemathesis' report that are looked at. */
export interface SchemathesisReport {
  readonly operations: { readonly total: number; readonly tested: number; readonly errored: number };
  readonly test_cases: { readonly generated: number; readonly unique_failures: number };
  readonly failures: readonly unknown[];
  readonly errors: readonly unknown[];
  /** Failures that an exclusion took away. */
  readonly filtered: number;
  readonly warnings: Readonly<Record<string, readonly unknown[]>>;
  /** By operation and phase: what became of the requests that the document calls valid. */
  readonly valid_rates: Readonly<Record<string, Readonly<Record<string, { readonly accepted: number }>>>>;
}

export interface SchemathesisRun {
  readonly output: string;
  readonly report: SchemathesisReport;
}

/** Every check in every phase, for as long as `secondsVariable` says, on one server. */
export async function runSchemathesis({ url, token, folder }: ServerForClients): Promise<SchemathesisRun> {
  const seconds = Number(process.env[secondsVariable] ?? defaultSeconds);
  const reportFile = join(folder, 'schemathesis.json');
  const args = [
    'run',
    `${url}/openapi.json`,
    ...['--checks', 'all', '--phases', 'examples,coverage,fuzzing,stateful', '--max-time', String(seconds)],
    // Nothing here is secret, and what is filtered out cannot be repeated.
    ...['--workers', '1', '--output-truncate', 'false', '--output-sanitize', 'false'],
    ...['--report', 'json', '--report-json-path', reportFile],
  ];
  const { output } = await runCommand(pythonTool('st'), args, {
    cwd: folder,
    environment: {
      SCHEMATHESIS_HOOKS: hooks,
      NO_COLOR: '1',
      ...(token !== undefined && { ADTALLY_TOKEN: token }),
    },
    timeoutMs: seconds * 1000 + marginMs,
  });
  try {
    return { output, report: JSON.parse(readFileSync(reportFile, 'utf8')) as SchemathesisReport };
  } catch (error) {
    throw new Error(`schemathesis wrote no report: ${output.slice(-4000)}`, { cause: error });
  }
}
