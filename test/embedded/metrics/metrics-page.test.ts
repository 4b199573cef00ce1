import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConsoleLog } from '../../../lib/adapters/system/console-log.ts';
import { functionFamilies } from '../../../lib/embedded/metrics/function-families.ts';
import { createMeteredTelemetry } from '../../../lib/adapters/system/metered-telemetry.ts';
import { metricFacts, metrics, type Metric } from '../../../lib/core/metrics.ts';
import { prometheusText } from '../../../lib/embedded/metrics/prometheus-text.ts';
import { startRuntime, type Runtime } from '../../../lib/embedded/runtime.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { newAdBody } from '../../support/new-ad-body.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';

/** Stands in everything that is a user's: it must be in no line and no metric. */
const planted = 'PLANTED';
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

let folder: string;
let runtime: Runtime;
const lines: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-metrics-'));
  runtime = await startRuntime({
    folder,
    settings: stageSettings('local'),
    log: createConsoleLog({ format: 'json', write: (line) => lines.push(line) }),
  });
  await hostileRun();
  await runtime.idle();
}, 60_000);

afterAll(async () => {
  await runtime.stop();
  rmSync(folder, { recursive: true });
});

async function send(method: string, path: string, body?: unknown, headers = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${runtime.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', traceparent, ...headers },
    ...(body !== undefined && { body: text }),
  });
}

/** Good, bad and broken requests, each with the marker wherever a user may write. */
async function hostileRun(): Promise<void> {
  const ad = { ...newAdBody(Date.now()), title: `${planted} title`, content: `${planted}\nwords` };
  const key = `${planted}-key`;
  const created = await send('POST', '/api/v1/ad', ad, { prefer: 'wait=5', 'idempotency-key': planted });
  expect(created.status).toBe(201);
  const { id } = (await created.json()) as { id: string };
  const requests: readonly (readonly [string, string, unknown?, object?])[] = [
    ['POST', '/increment', { key, value: 1 }],
    ['POST', '/increment?mode=sync', { key: `${key}-sync`, value: 1 }, { 'idempotency-key': `${planted}1` }],
    ['POST', '/api/v1/increments', { increments: [{ key, value: 2 }] }, { 'idempotency-key': `${planted}2` }],
    ['GET', `/increment/${key}`],
    ['GET', `/api/v1/counters/${planted}-unknown`],
    ['GET', `/api/v1/ad?country=${planted}`],
    ['GET', `/api/v1/ad/${planted}`],
    ['GET', '/api/v1/ad?limit=10'],
    ['POST', '/increment', `{"key":"${planted}`],
    ['POST', '/increment', { key, value: 1, [planted]: planted }],
    ['POST', '/api/v1/ad', { ...ad, gender: [planted], end_at: planted }],
    ['PATCH', `/api/v1/ad/${id}`, { title: `${planted} again` }, { 'if-match': `"${planted}"` }],
    ['PATCH', `/api/v1/ad/${id}`, { title: `${planted} again` }, { 'if-match': '"99"', prefer: 'wait=5' }],
    ['DELETE', `/api/v1/ad/${id}`, undefined, { prefer: `wait=5, ${planted}`, 'x-header': planted }],
    ['GET', `/${planted}/nowhere?${planted}`],
    [planted, '/increment'],
    ['GET', `/api/v1/counters?key=${planted}&${planted}=1`, undefined, { 'consistency-token': planted }],
    ['GET', '/health', undefined, { traceparent: `${traceparent}\t${planted}` }],
  ];
  for (const [method, path, body, headers] of requests) {
    const answer = await send(method, path, body, headers);
    await answer.arrayBuffer();
  }
}

async function page(): Promise<string> {
  return (await fetch(`${runtime.url}/metrics`)).text();
}

/** `name{labels}` to value. */
function samples(text: string): ReadonlyMap<string, number> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('GET /metrics', () => {
  it('is text as Prometheus reads it: each family described once, each sample a number', async () => {
    const answer = await fetch(`${runtime.url}/metrics?any`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await answer.text();
    expect(text.endsWith('\n')).toBe(true);
    const names = [...text.matchAll(/^# TYPE (\S+) (?:counter|gauge|histogram)$/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    const label = '[a-z_]+="[^"\\\\\\n]*"';
    const sample = new RegExp(`^([a-z_]+)(?:\\{${label}(?:,${label})*\\})? (?:[-+]?[\\d.]+(?:e[-+]?\\d+)?)$`);
    for (const line of text.trimEnd().split('\n')) {
      if (/^# HELP \S+ .+$|^# TYPE /.test(line)) continue;
      const [, name = ''] = sample.exec(line) ?? [];
      expect([
        line,
        names.includes(name.replace(/_(bucket|sum|count)$/, '')) || names.includes(name),
      ]).toEqual([line, true]);
    }
  });

  it('answers HEAD without a body, and no other method', async () => {
    const head = await fetch(`${runtime.url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(`${runtime.url}/metrics`, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await fetch(`${runtime.url}/metricsx`)).status).toBe(404);
  });

  it('says what each function did', async () => {
    const found = samples(await page());
    const of = (metric: string, name: string): number | undefined =>
      found.get(`adtally_${metric}{function="${name}"}`);
    expect(of('increments_accepted_total', 'ingest-increments')).toBe(2);
    expect(of('increments_counted_total', 'aggregate-increments')).toBe(2);
    expect(of('increments_sync_total', 'ingest-increments')).toBe(1);
    expect(of('counters_created_total', 'ingest-increments')).toBe(1);
    expect(of('counters_created_total', 'aggregate-increments')).toBe(1);
    expect(of('counter_not_found_total', 'read-counters')).toBeGreaterThanOrEqual(1);
    expect(of('ad_events_applied_total', 'project-ads')).toBe(2);
    expect(of('ad_events_refused_total', 'project-ads')).toBe(0);
    expect(of('live_ads', 'project-ads')).toBe(0);
    expect(of('catalog_version', 'query-ads')).toBe(1);
    expect(of('request_errors_total', 'query-ads')).toBe(0);
    expect(of('requests_refused_total', 'query-ads')).toBeGreaterThanOrEqual(2);
    expect(of('request_ms_count', 'query-ads')).toBe(of('requests_total', 'query-ads'));
    expect(of('count_freshness_ms_count', 'aggregate-increments')).toBe(2);
    expect(of('flush_ms_count', 'aggregate-increments')).toBeGreaterThanOrEqual(1);
    expect(of('records_behind', 'aggregate-increments')).toBe(0);
    expect(of('shards', 'aggregate-increments')).toBe(stageSettings('local').streams.increments.shardCount);
    expect(found.get('adtally_log_bytes{stream="increments"}')).toBeGreaterThan(0);
    expect(found.get('adtally_disk_free_bytes')).toBeGreaterThan(0);
    expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(found.get('adtally_event_loop_lag_ms_count')).toBeGreaterThan(0);
  });

  it('has buckets that only grow, up to the count', async () => {
    const buckets = [...samples(await page())].filter(([name]) =>
      name.startsWith('adtally_request_ms_bucket{function="query-ads"'),
    );
    const counts = buckets.map(([, count]) => count);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(buckets.at(-1)).toEqual([
      'adtally_request_ms_bucket{function="query-ads",le="+Inf"}',
      counts.at(-1),
    ]);
    expect(buckets.map(([name]) => /le="([^"]+)"/.exec(name)?.[1])).toEqual([
      ...Array.from({ length: 22 }, (_, i) => String(2 ** (i - 4))),
      '+Inf',
    ]);
  });

  it('bounds its labels: functions, streams and buckets', async () => {
    const values = new Set(
      [...(await page()).matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => `${name} ${value}`),
    );
    const known = [...Object.values(metricFacts).flatMap(({ by }) => by), 'runtime'];
    const unknown = [...values].filter((value) => {
      const [name, text = ''] = value.split(' ');
      if (name === 'function') return !known.includes(text);
      if (name === 'stream') return !['ad-events', 'increments'].includes(text);
      return name !== 'le';
    });
    expect(unknown).toEqual([]);
  });
});

describe('after a hostile run', () => {
  it('neither a line nor a metric has anything of ads, keys or headers', async () => {
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => line.includes(planted))).toEqual([]);
    expect(await page()).not.toContain(planted);
  });

  it('one trace leads from the request to the projection and to the total', () => {
    const traced = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['trace_id'] === traceId)
      .map((line) => `${String(line['function'])}: ${String(line['message'])}`);
    expect(new Set(traced)).toEqual(
      new Set([
        'ingest-ads: answered a request',
        'project-ads: settled an ad event',
        'ingest-increments: answered a request',
        'aggregate-increments: settled an increment',
        'query-ads: answered a request',
        'read-counters: answered a request',
        'describe-api: answered a request',
      ]),
    );
  });
});

/** The samples of functions that have written every metric. */
function everythingWritten(): ReadonlyMap<string, number> {
  const telemetries = createMeteredTelemetry(createRecordingTelemetry());
  for (const [metric, { kind, by }] of Object.entries(metricFacts)) {
    const telemetry = telemetries.of(by[0] ?? 'runtime');
    if (kind === 'counter') telemetry.count(metric as Metric, 3);
    else telemetry.observe(metric as Metric, 3);
  }
  return samples(prometheusText(functionFamilies(telemetries.sources)));
}

describe('what functions write', () => {
  it('is all shown, under a name by its kind', () => {
    const found = everythingWritten();
    for (const [metric, { kind, by }] of Object.entries(metricFacts)) {
      const suffix = { counter: '_total', level: '', distribution: '_count' }[kind];
      const value = found.get(`adtally_${metric}${suffix}{function="${by[0] ?? 'runtime'}"}`);
      expect([metric, value]).toEqual([metric, kind === 'distribution' ? 1 : 3]);
    }
  });

  it('is there as 0 before it first happens, where it can', () => {
    const telemetries = createMeteredTelemetry(createRecordingTelemetry());
    telemetries.of('project-ads');
    const found = samples(prometheusText(functionFamilies(telemetries.sources)));
    expect(found.get('adtally_fence_lost_total{function="project-ads"}')).toBe(0);
    expect(found.has('adtally_increments_accepted_total{function="project-ads"}')).toBe(false);
    expect(found.has(`adtally_${metrics.liveAds}{function="project-ads"}`)).toBe(false);
  });

  it('is escaped', () => {
    const text = prometheusText([
      {
        name: 'a',
        type: 'gauge',
        help: 'back\\slash\nbreak',
        samples: [{ labels: { l: 'q"b\\n\n' }, value: Infinity }],
      },
      { name: 'none', type: 'gauge', help: 'left out', samples: [] },
    ]);
    expect(text).toBe('# HELP a back\\\\slash\\nbreak\n# TYPE a gauge\na{l="q\\"b\\\\n\\n"} +Inf\n');
  });
});

describe('the Grafana dashboard', () => {
  it('asks only for metrics that there are', async () => {
    const dashboard = JSON.parse(readFileSync('docs/observability/grafana-dashboard.json', 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    const found = [...samples(await page()).keys(), ...everythingWritten().keys()];
    const exposed = new Set(found.map((name) => name.replace(/\{.*/, '')));
    const asked = dashboard.panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr }) => expr.match(/\b(?:adtally|process|nodejs)_[a-z_]+/g) ?? []),
    );
    expect(asked.length).toBeGreaterThan(30);
    expect([...new Set(asked)].filter((name) => !exposed.has(name))).toEqual([]);
  });
});
