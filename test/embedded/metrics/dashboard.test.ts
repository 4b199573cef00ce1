import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startServer, type ServerProcess } from '../../support/server-process.ts';
import { runDemo } from '../../load/demo/demo.ts';
import { createProgress } from '../../../lib/bulk/progress.ts';
import { dashboardQueries, metricNamesIn } from '../../support/dashboard-queries.ts';
import { lintMetrics, readMetricsText, type ReadFamily } from '../../support/metrics-text.ts';

/** The demo, small: everything that its phases touch is touched. */
const sizes = { ads: 40, queries: 100, increments: 200, connections: 10, keys: 20, keyed: true };
const shortLifeMs = 1000;

let folder: string;
let server: ServerProcess | undefined;
let families: readonly ReadFamily[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-dashboard-'));
  server = await startServer(folder);
  const progress = createProgress({
    clock: { monotonicMs: () => 0 },
    write: () => undefined,
    terminal: false,
  });
  await runDemo(server.url, sizes, progress, shortLifeMs);
  families = readMetricsText(await (await fetch(new URL('/metrics', server.url))).text());
}, 60_000);
afterAll(async () => {
  await server?.kill();
  await rm(folder, { recursive: true });
});

const alertRules = readFileSync('docs/observability/alerts.yml', 'utf8');

describe('after the demo', () => {
  it('each name in the Grafana dashboard and in the alert rules has a number on the page', () => {
    const found = new Set(
      families.flatMap(({ samples }) =>
        samples.flatMap(({ name, value }) => (Number.isNaN(value) ? [] : [name])),
      ),
    );
    const queries = dashboardQueries();
    expect(queries.length).toBeGreaterThan(40);
    expect(queries.filter(({ expression }) => metricNamesIn(expression).length === 0)).toEqual([]);
    const rules = [...alertRules.matchAll(/expr: (.+)/g)].map(([, rule = '']) => rule);
    expect(rules.flatMap(metricNamesIn).length).toBeGreaterThan(10);
    const asked = [...queries.map(({ expression }) => expression), ...rules].flatMap(metricNamesIn);
    expect([...new Set(asked)].filter((name) => !found.has(name))).toEqual([]);
  });

  it('the page of the process keeps the rules for metrics', () => {
    expect(lintMetrics(families)).toEqual([]);
  });
});

describe('an alert rule', () => {
  it('leads to a section of the runbook', () => {
    const runbook = readFileSync('docs/operations.md', 'utf8');
    const sections = [...runbook.matchAll(/^### (.+)$/gm)].map(
      ([, title]) => `docs/operations.md#${title ?? ''}`,
    );
    const named = [...alertRules.matchAll(/runbook: (.+)$/gm)].map(([, section = '']) => section);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((section) => !sections.includes(section))).toEqual([]);
  });
});
