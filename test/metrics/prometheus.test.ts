import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { runDemo } from '../load/demo/demo.ts';
import { createProgress } from '../../lib/bulk/progress.ts';
import { dashboardQueries } from '../support/dashboard-queries.ts';
import { findPrometheus } from './find-prometheus.ts';
import { startPrometheus, type PrometheusServer } from './prometheus-server.ts';

const programs = findPrometheus()!;
/** The demo, small: everything that its phases touch is touched. */
const sizes = { ads: 40, queries: 200, increments: 400, connections: 10, keys: 20, keyed: true };
const shortLifeMs = 3000;
/** A bound for what takes a second or two, on whatever machine. */
const looksMax = 600;

let folder: string;
let server: ServerProcess;
let prometheus: PrometheusServer;
/** Run backwards. */
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-prometheus-'));
  closers.push(() => rm(folder, { recursive: true }));
  server = await startServer(join(folder, 'data-folder'));
  closers.push(() => server.kill());
  prometheus = await startPrometheus({ program: programs.prometheus, folder, target: server.url.host });
  closers.push(() => prometheus.stop());
  // Seen before and after, so that there is a rate.
  await until(async () => (await prometheus.query('adtally_increments_counted_total == 0')).length === 1);
  const progress = createProgress({
    clock: { monotonicMs: () => 0 },
    write: () => undefined,
    terminal: false,
  });
  const { rows, exact } = await runDemo(server.url, sizes, progress, shortLifeMs);
  expect(exact).toBe(true);
  const counted = rows.slice(2).reduce((sum, row) => sum + (row.counted ?? 0), 0);
  await until(async () => ((await prometheus.query('adtally_increments_counted_total'))[0] ?? 0) >= counted);
}, 300_000);
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; !(await isSo()); looks += 1) {
    if (looks === looksMax) throw new Error('Prometheus never saw what it was to see');
    await sleep(100);
  }
}

function promtool(args: readonly string[], input = ''): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(programs.promtool, args, { input, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('/metrics, by Prometheus itself', () => {
  it('is clean by promtool check metrics', async () => {
    const page = await (await fetch(new URL('/metrics', server.url))).text();
    expect(promtool(['check', 'metrics'], page)).toEqual({ status: 0, said: '' });
    expect(promtool(['check', 'metrics'], '# TYPE a_ms counter\na_ms 1\n').status).not.toBe(0);
  });

  it.each(dashboardQueries())(
    'has data for the dashboard after the demo: $panel, $legend',
    async ({ expression }) => {
      const asked = expression.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10m');
      const values = await prometheus.query(asked);
      expect([asked, values.filter((value) => !Number.isNaN(value)).length > 0]).toEqual([asked, true]);
    },
  );
});

describe('the alert rules', () => {
  it('are evaluated without an error, beside the configuration of the documentation', async () => {
    expect(promtool(['check', 'config', 'docs/observability/prometheus.yml']).status).toBe(0);
    await until(async () => (await prometheus.rules()).every(({ health }) => health !== 'unknown'));
    const rules = await prometheus.rules();
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
  });

  it('fire when they should, and not before', async () => {
    const tested = readFileSync('test/metrics/alerts.promtool.yml', 'utf8');
    const names = (await prometheus.rules()).map(({ name }) => name);
    expect(names.filter((name) => !tested.includes(`alertname="${name}"`))).toEqual([]);
    const { status, said } = promtool(['test', 'rules', 'test/metrics/alerts.promtool.yml']);
    expect([status, said]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });
});
