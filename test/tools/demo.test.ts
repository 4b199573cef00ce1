import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startRuntime, type Runtime } from '../../lib/embedded/runtime.ts';
import { UsageError } from '../../lib/options.ts';
import { stageSettings } from '../../lib/stages.ts';
import { startServer } from '../support/server-process.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { Histogram } from '../load/measure/histogram.ts';
import type { CallResult } from '../load/workload/send-calls.ts';
import { isExact, runDemo, type DemoRow } from '../load/demo/demo.ts';
import { readDemoOptions } from '../load/demo/options.ts';
import { createProgress } from '../../lib/bulk/progress.ts';
import { demoReport } from '../load/demo/report.ts';

describe('the demo against a pipeline', () => {
  let folder: string;
  let runtime: Runtime;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-demo-'));
    runtime = await startRuntime({ folder, settings: stageSettings('local'), log: nullTelemetry });
  });
  afterEach(async () => {
    await runtime.stop();
    await rm(folder, { recursive: true });
  });

  it.each([false, true])('finds everything counted once, with Idempotency-Keys %s', async (keyed) => {
    const lines: string[] = [];
    let nowMs = 0;
    const progress = createProgress({
      clock: { monotonicMs: () => (nowMs += 1) },
      write: (text) => lines.push(text),
      terminal: false,
    });
    const sizes = { ads: 60, queries: 100, increments: 300, connections: 10, keys: 40 };
    const result = await runDemo(new URL(runtime.url), { ...sizes, keyed }, progress, 3000);
    expect(
      result.rows.map(({ load: { sent, acknowledged }, counted }) => [sent, acknowledged, counted]),
    ).toEqual([
      [60, 60, 60],
      [100, 100, undefined],
      [300, 300, 300],
      [300, 300, 300],
    ]);
    expect(result.rows.at(-1)?.visible?.count).toBeGreaterThan(0);
    expect(result.expiry).toEqual({ due: 3, servedAtEnd: 0 });
    expect(result.wrong).toEqual([]);
    expect(result.exact).toBe(true);
    expect(lines).toHaveLength(5);
    expect(demoReport(result)).toContain('Everything acknowledged was counted, once.');
  });
});

describe('npm run demo', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-demo-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('names the console, and leaves no pipeline behind when nobody reads its report any more', async () => {
    const sizes = [
      '--ads',
      '20',
      '--queries',
      '20',
      '--increments',
      '20',
      '--connections',
      '2',
      '--keys',
      '2',
    ];
    const args = ['test/load/demo/main.ts', '--data', join(folder, 'data'), ...sizes];
    const demo = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(demo, 'exit');
    const [first] = (await once(demo.stdout.setEncoding('utf8'), 'data')) as [string];
    const [, url = '', pid = ''] = /runs on (\S+)\/ \(pid (\d+)\)/.exec(first) ?? [];
    expect(first).toContain(`Watch it: ${url}/console\n`);
    demo.stdout.destroy();
    expect(await ended).toEqual([1, null]);
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  });

  it('with --keep answers after the load, and stops on a signal with what it kept on disk', async () => {
    const data = join(folder, 'data');
    const sizes = '--ads 20 --queries 20 --increments 20 --connections 2 --keys 2'.split(' ');
    const args = ['test/load/demo/main.ts', '--keep', '--port', '0', '--data', data, ...sizes];
    const demo = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(demo, 'exit');
    let said = '';
    const kept = new Promise<string>((resolve) => {
      demo.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const url = /It stays up on (\S+) until Ctrl-C/.exec(said)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    const url = await Promise.race([kept, ended.then(() => Promise.reject(new Error(said)))]);
    expect(said).toContain('Everything acknowledged was counted, once.');
    const totalOf = async (at: string) =>
      ((await (await fetch(new URL('/api/v1/ad', at))).json()) as { total: number }).total;
    const total = await totalOf(url);
    expect(total).toBeGreaterThanOrEqual(19);
    demo.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await expect(fetch(url)).rejects.toThrow();
    const again = await startServer(data);
    expect(await totalOf(again.url.href)).toBe(total);
    await again.stop();
  }, 120_000);
});

const latencies = new Histogram();
for (const ms of [1, 2, 3]) latencies.record(ms * 1000);
const load: CallResult = {
  sent: 10,
  acknowledged: 9,
  failed: new Map([
    [0, 1],
    [503, 2],
  ]),
  durationMs: 5,
  latencies,
};
const row = (counted: number | undefined): DemoRow => ({
  name: 'increments',
  load,
  counted,
  visible: undefined,
});
const noneServed = { due: 3, servedAtEnd: 0 };

describe('the demo is exact', () => {
  it('only if as much was counted as acknowledged, and no ended ad is served', () => {
    expect(isExact([row(9), row(undefined)], noneServed)).toBe(true);
    expect(isExact([row(9), row(8)], noneServed)).toBe(false);
    expect(isExact([row(10)], noneServed)).toBe(false);
    expect(isExact([row(9)], { due: 3, servedAtEnd: 1 })).toBe(false);
  });
});

describe('the report', () => {
  it('says what failed and that the numbers differ', () => {
    const wrong = ['lost: k is 8; acknowledged 9'];
    const report = demoReport({ rows: [row(8)], expiry: noneServed, wrong, exact: false });
    expect(report).toContain(
      `increments: 1 without an answer\nincrements: 2 answered 503\n${wrong[0]}\nNOT EQUAL`,
    );
    expect(report.split('\n')[1]).toMatch(/^increments +10 +9 +8 +2,000 +2\.0 \/ 3\.0$/);
  });
});

describe('progress', () => {
  it('is a bar on a terminal, redrawn ten times a second at most', () => {
    const written: string[] = [];
    let nowMs = 0;
    const progress = createProgress({
      clock: { monotonicMs: () => nowMs },
      write: (text) => written.push(text),
      terminal: true,
    });
    const tell = progress.phase('ads', 1000);
    tell(0);
    nowMs = 99;
    tell(400);
    nowMs = 100;
    tell(500);
    progress.finish('done');
    expect(written).toEqual([
      expect.stringMatching(/^\rads +░{30} 0 of 1,000 $/),
      expect.stringMatching(/^\rads +█{15}░{15} 500 of 1,000 $/),
      `\r\u001b[K${'ads'.padEnd(34)} done\n`,
    ]);
  });
});

describe('the arguments of the demo', () => {
  it('have defaults', () => {
    expect(readDemoOptions([])).toEqual({
      data: undefined,
      keep: false,
      port: 0,
      keyed: false,
      ads: 1000,
      queries: 20_000,
      increments: 50_000,
      connections: 200,
      keys: 10_000,
      ...{ delivery: false, docs: undefined, quick: false, seed: 1 },
    });
  });

  it('keep the pipeline on a port of its own', () => {
    expect(readDemoOptions(['--keep'])).toMatchObject({ keep: true, port: 3333 });
    expect(readDemoOptions(['--keep', '--port', '0'])).toMatchObject({ keep: true, port: 0 });
  });

  it.each([
    [['--ads', '0']],
    [['--ads', 'x']],
    [['--increments', '1e9']],
    [['--connections', '901']],
    [['--data=']],
    [['--data', import.meta.dirname]],
    [['--data', import.meta.filename]],
    [['x']],
    [['--port', '65536']],
  ])('are refused: %j', (args) => {
    expect(() => readDemoOptions(args)).toThrow(UsageError);
  });
});
