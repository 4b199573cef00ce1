import { join } from 'node:path';
import { runChild } from './child.ts';
import { orderVariable, readLine } from './jest/protocol.ts';
import type { Finding, RunOptions, SuiteRun } from './suite.ts';

export interface JestRun extends RunOptions {
  readonly folder: string;
  /** Arguments of Node that start Jest and take more options of it. */
  readonly program: readonly string[];
  readonly files: readonly string[];
  readonly onSeconds?: (file: string, seconds: number) => void;
}

/** A test that says nothing for so long runs in circles; the slowest takes 15 s on an idle machine. */
const silenceMaxMs = 240_000;

/** Runs test files in the given order, in one process. */
export async function runJest({ folder, program, files, bail, onSeconds }: JestRun): Promise<SuiteRun> {
  const ended = new Set<string>();
  const failed = new Map<string, string>();
  const end = await runChild({
    args: [...program, ...optionsOf(folder, files.length), ...files],
    folder,
    environment: { [orderVariable]: JSON.stringify(files), TMPDIR: join(folder, '.adtally-tmp') },
    silenceMaxMs,
    onLine(text) {
      const line = readLine(text);
      if (line?.type === 'ended') {
        ended.add(line.file);
        onSeconds?.(line.file, line.seconds);
      } else if (line !== undefined && !failed.has(line.file)) failed.set(line.file, line.title);
      return !(bail && failed.size > 0);
    },
  });
  const findings = Array.from(failed, ([file, title]): Finding => ({ checks: [file], by: by(file, title) }));
  const unrun = files.filter((file) => !ended.has(file) && !failed.has(file));
  if (end.exitCode === 0 || failed.size > 0) return { findings, unrun };
  const [first] = unrun;
  if (first === undefined) return { findings: [{ checks: files, by: firstLine(end.complaints) }], unrun };
  // The process hangs or died in the first file that did not end.
  const how = end.wasSilent ? '(does not end)' : '(takes the process down)';
  return { findings: [{ checks: [first], by: by(first, how) }], unrun: unrun.slice(1) };
}

/** More files in one process would leave more modules in its memory than a machine has. */
const inBandMax = 10;

function optionsOf(folder: string, files: number): readonly string[] {
  const own = (name: string): string => join(folder, 'test/plant/jest', name);
  return [
    '--ci',
    // A worker of its own takes a while to start.
    ...(files <= inBandMax ? ['--runInBand'] : ['--maxWorkers=1']),
    `--testSequencer=${own('sequencer.ts')}`,
    `--reporters=${own('reporter.ts')}`,
    `--cacheDirectory=${join(folder, 'node_modules/.cache/jest')}`,
  ];
}

function by(file: string, title: string): string {
  return `${file}: ${title}`;
}

function firstLine(complaints: string): string {
  return complaints.split('\n').find((line) => line.trim() !== '') ?? 'jest failed';
}
