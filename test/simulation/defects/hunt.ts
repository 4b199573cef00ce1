import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';

/** The result of a simulation with a planted defect. */
export type Hunt =
  | {
      readonly status: 'caught';
      readonly seed: number;
      /** Seeds run, the catching one included. */
      readonly seeds: number;
      readonly invariant: string;
      readonly message: string;
      /**
       * Fault kinds that had struck in that seed, the most frequent first; absent: it did not live to tell.
       */
      readonly struck?: readonly string[];
    }
  | { readonly status: 'escaped'; readonly seeds: number }
  /** The simulation did not even start: the defect is none that anybody could ship. */
  | { readonly status: 'broken'; readonly message: string };

export interface HuntOptions {
  readonly folder: string;
  readonly from: number;
  readonly seeds: number;
}

/** A seed takes a second or so; one that says nothing for so long runs in circles. */
const silenceMaxMs = 180_000;

/** What is kept of the simulation's complaints. */
const complaintsMax = 4000;

/** A line of `--json` about one seed, as far as it matters here. */
interface SeedLine {
  readonly seed: number;
  readonly ok: boolean;
  readonly violation?: { readonly invariant?: string; readonly message?: string };
  readonly faults?: Readonly<Record<string, number>>;
}

/** Runs seed after seed in `folder`, in a process of its own, until one fails. */
export async function hunt({ folder, from, seeds }: HuntOptions): Promise<Hunt> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      path.join(folder, 'test/simulation/main.ts'),
      ...['--seeds', String(seeds), '--from', String(from), '--workers', '1', '--json'],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-complaintsMax);
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const silent = new AbortController();
  const tooLong = (): NodeJS.Timeout =>
    setTimeout(() => {
      silent.abort();
      child.kill('SIGKILL');
    }, silenceMaxMs);
  let silence = tooLong();
  let ran = 0;
  let failed: SeedLine | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(silence);
    silence = tooLong();
    const report = seedLine(line);
    if (report === undefined || failed !== undefined) continue;
    ran += 1;
    if (report.ok) continue;
    failed = report;
    child.kill('SIGKILL');
  }
  clearTimeout(silence);
  const exitCode = await exited;
  if (failed !== undefined) return caught(failed, ran);
  if (silent.signal.aborted) return lost(from + ran, ran + 1, 'hang', 'the seed did not end');
  if (exitCode === 0) return { status: 'escaped', seeds: ran };
  return ran === 0
    ? { status: 'broken', message: complaints }
    : lost(from + ran, ran + 1, 'crash', complaints);
}

function caught({ seed, violation, faults = {} }: SeedLine, seeds: number): Hunt {
  const struck = Object.entries(faults)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
  const { invariant = 'crash', message = '' } = violation ?? {};
  return { status: 'caught', seed, seeds, invariant, message, struck };
}

function lost(seed: number, seeds: number, invariant: string, message: string): Hunt {
  return { status: 'caught', seed, seeds, invariant, message };
}

function seedLine(line: string): SeedLine | undefined {
  const value: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
  return typeof value === 'object' && value !== null && 'seed' in value && 'ok' in value
    ? (value as SeedLine)
    : undefined;
}
