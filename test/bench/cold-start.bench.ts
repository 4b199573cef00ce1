/**
 * Goals: the size of the code that each function begins with, and what loading it costs a new process, beside the start of
 * Node itself, which Lambda pays too. Non-goals: Lambda's own share of a cold start (fetching the code, the
 * sandbox).
 *
 *   node test/bench/main.ts cold-start
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleFunction, bundleSize, type BundleSize } from '../../lib/infra/bundling.ts';
import { functionNames } from '../../lib/stages.ts';
import { lambdaVariables } from '../support/lambda-variables.ts';
import { quantile, ResultHash, type BenchContext, type Benchmark } from './harness.ts';

export const coldStartBench: Benchmark = {
  name: 'cold-start',
  run(context) {
    const outdir = mkdtempSync(join(tmpdir(), 'adtally-bundles-'));
    try {
      for (const name of functionNames)
        measure(context, name, join(bundleFunction(name, outdir), 'index.mjs'), bundleSize(name, outdir));
    } finally {
      rmSync(outdir, { recursive: true });
    }
  },
};

function measure(context: BenchContext, name: string, file: string, size: BundleSize): void {
  const hash = new ResultHash();
  hash.addText(readFileSync(file, 'utf8'));
  const conditions = { hash: hash.hex };
  const row = (title: string, bytes: number): void => {
    context.report({ name: `${title} of ${name}`, value: bytes / 1000, unit: 'kB', conditions });
  };
  row('bundle', size.initialBytes);
  row('bundle and later chunks', size.bytes);
  const processes = context.quick ? 1 : 15;
  const inits = Array.from({ length: processes }, () => load(file));
  const time = (more: string, of: (init: Init) => number): void => {
    context.report({
      name: `init of ${name}${more}`,
      value: quantile(inits.map(of), 0.5),
      unit: 'ms',
      conditions: { ...conditions, processes: `median of ${processes}`, 'compile cache': 'none' },
    });
  };
  time('', ({ elapsedMs }) => elapsedMs);
  time(', processor time', ({ processorMs }) => processorMs);
}

interface Init {
  readonly elapsedMs: number;
  /** Of all threads: more than the elapsed time on an idle machine, less on a busy one. */
  readonly processorMs: number;
}

/**
 * What importing the bundle takes in a process of its own, with what Lambda gives it as its only variables.
 */
function load(file: string): Init {
  const script = `const startMs = performance.now();
    const before = process.cpuUsage();
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const { user, system } = process.cpuUsage(before);
    const elapsedMs = performance.now() - startMs;
    process.stdout.write(JSON.stringify({ elapsedMs, processorMs: (user + system) / 1000 }));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: lambdaVariables,
    cwd: tmpdir(),
    encoding: 'utf8',
  });
  return JSON.parse(output) as Init;
}
