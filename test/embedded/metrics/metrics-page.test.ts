import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConsoleLog } from '../../../lib/adapters/system/console-log.ts';
import { functionFamilies } from '../../../lib/embedded/metrics/function-families.ts';
import { createMeteredTelemetry } from '../../../lib/adapters/system/metered-telemetry.ts';
import { metricFacts } from '../../../lib/core/metric-facts.ts';
import { metrics, type Metric } from '../../../lib/core/metrics.ts';
import { prometheusText } from '../../../lib/embedded/metrics/prometheus-text.ts';
import { runtimeFamilies } from '../../../lib/embedded/metrics/runtime-families.ts';
import { startRuntime, type Runtime } from '../../../lib/embedded/runtime.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { lintMetrics, readMetricsText } from '../../support/metrics-text.ts';
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

/** `name{labels}` to value, as the page has them. */
function samples(text: string): ReadonlyMap<string, number> {
  return new Map(
    readMetricsText(text).flatMap((family) =>
      family.samples.map(({ name, labels, value }) => {
        const pairs = Object.entries(labels).map(([label, of]) => `${label}="${of}"`);
        return [pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`, value] as const;
      }),
    ),
  );
}

describe('GET /metrics', () => {
  it('is text as Prometheus reads it, whatever else the reader would take', async () => {
    for (const accept of [
      '*/*',
      'application/openmetrics-text;version=1.0.0,text/plain;q=0.5',
      'text/html',
    ]) {
      const answer = await fetch(`${runtime.url}/metrics?any`, { headers: { accept } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(readMetricsText(await answer.text()).length).toBeGreaterThan(60);
    }
  });

  it('has names, units and types as Prometheus users expect them', async () => {
    expect(lintMetrics(readMetricsText(await page()))).toEqual([]);
  });

  it('has the families of every Prometheus client and of prom-client for Node', async () => {
    const families = new Map(readMetricsText(await page()).map((family) => [family.name, family]));
    const expected = {
      counter: [
        'process_cpu_user_seconds_total',
        'process_cpu_system_seconds_total',
        'process_cpu_seconds_total',
      ],
      gauge: [
        ...['process_start_time_seconds', 'process_resident_memory_bytes'],
        ...['nodejs_heap_size_total_bytes', 'nodejs_heap_size_used_bytes', 'nodejs_external_memory_bytes'],
        ...['total', 'used', 'available'].map((part) => `nodejs_heap_space_size_${part}_bytes`),
        ...['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'].map(
          (part) => `nodejs_eventloop_lag${part}_seconds`,
        ),
        ...['nodejs_active_resources', 'nodejs_version_info'],
        ...(process.platform === 'linux'
          ? ['process_virtual_memory_bytes', 'process_heap_bytes', 'process_open_fds', 'process_max_fds']
          : []),
      ],
      histogram: ['nodejs_gc_duration_seconds'],
    };
    for (const [type, names] of Object.entries(expected))
      for (const name of names) expect([name, families.get(name)?.type]).toEqual([name, type]);
    const value = (name: string): number => families.get(name)?.samples[0]?.value ?? Number.NaN;
    const startedAgoSeconds = Date.now() / 1000 - value('process_start_time_seconds');
    expect(Math.abs(startedAgoSeconds - process.uptime())).toBeLessThan(60);
    expect(value('process_cpu_seconds_total')).toBeGreaterThan(value('process_cpu_user_seconds_total'));
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(value('nodejs_heap_size_used_bytes')).toBeLessThan(value('nodejs_heap_size_total_bytes'));
    expect(families.get('nodejs_version_info')?.samples[0]?.labels['version']).toBe(process.version);
  });

  it('answers HEAD without a body, and no other method', async () => {
    const head = await fetch(`${runtime.url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(`${runtime.url}/metrics`, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
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
    expect(of('counters_not_found_total', 'read-counters')).toBeGreaterThanOrEqual(1);
    expect(of('ad_events_applied_total', 'project-ads')).toBe(2);
    expect(of('ad_events_refused_total', 'project-ads')).toBe(0);
    expect(of('live_ads', 'project-ads')).toBe(0);
    expect(of('catalog_version', 'query-ads')).toBe(1);
    expect(of('request_errors_total', 'query-ads')).toBe(0);
    expect(of('requests_refused_total', 'query-ads')).toBeGreaterThanOrEqual(2);
    expect(of('request_duration_seconds_count', 'query-ads')).toBe(of('requests_total', 'query-ads'));
    expect(of('count_freshness_seconds_count', 'aggregate-increments')).toBe(2);
    expect(of('flush_duration_seconds_count', 'aggregate-increments')).toBeGreaterThanOrEqual(1);
    expect(of('records_behind', 'aggregate-increments')).toBe(0);
    expect(of('shards', 'aggregate-increments')).toBe(stageSettings('local').streams.increments.shardCount);
    expect(found.get('adtally_log_bytes{stream="increments"}')).toBeGreaterThan(0);
    expect(found.get('adtally_disk_free_bytes')).toBeGreaterThan(0);
  });

  it('has times in seconds, by buckets that end at powers of two of a millisecond', async () => {
    const buckets = [...samples(await page())].filter(([name]) =>
      name.startsWith('adtally_request_duration_seconds_bucket{function="query-ads"'),
    );
    expect(buckets.map(([name]) => /le="([^"]+)"/.exec(name)?.[1])).toEqual([
      ...['0.0000625', '0.000125', '0.00025', '0.0005'],
      ...Array.from({ length: 18 }, (_, exponent) => String(2 ** exponent / 1000)),
      '+Inf',
    ]);
  });

  it('bounds its labels: by functions, streams, and what Node has a fixed number of', async () => {
    const known = [...Object.values(metricFacts).flatMap(({ by }) => by), 'runtime'];
    const values = Map.groupBy(
      readMetricsText(await page()).flatMap((family) =>
        family.samples.flatMap(({ labels }) => Object.entries(labels).map((pair) => [family.name, ...pair])),
      ),
      ([, name]) => name,
    );
    const of = (name: string): string[] => [...new Set(values.get(name)?.map(([, , value]) => value ?? ''))];
    expect(of('function').filter((value) => !known.includes(value))).toEqual([]);
    expect(of('stream')).toEqual(['ad-events', 'increments']);
    expect(of('kind').sort()).toEqual(['incremental', 'major', 'minor', 'weakcb']);
    const nodes = [...values.values()]
      .flat()
      .filter(([family]) => family?.startsWith('adtally_') === false)
      .map(([, name]) => name);
    const ofNode = ['space', 'type', 'kind', 'le', 'version', 'major', 'minor', 'patch'];
    expect([...new Set(nodes)].sort()).toEqual(ofNode.sort());
    expect([...values.keys()].sort()).toEqual([...new Set([...ofNode, 'function', 'stream'])].sort());
  });
});

describe('the runtime families', () => {
  it('leave out what a data folder that is gone cannot say', () => {
    const families = runtimeFamilies({
      http: { requests: 1, requestsUnderWay: 0 },
      ...{ requestsMax: 1, mappings: {}, logBytes: { 'ad-events': 0, increments: 0 }, liveAdsMax: 1 },
      catalog: { version: 0, ads: 0, ageMs: undefined },
      folder: join(folder, 'gone'),
    });
    const samplesOf = (name: string): number | undefined =>
      families.find((family) => family.name === `adtally_${name}`)?.samples.length;
    expect(
      ['data_file_bytes', 'disk_free_bytes', 'catalog_age_seconds', 'catalog_ads'].map(samplesOf),
    ).toEqual([0, 0, 0, 1]);
  });
});

describe('after a hostile run', () => {
  // Covers LOGS.2 (docs/security.md).
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

/** Those that CloudWatch, and its alarms, have under another name. */
const shownAs: Readonly<Record<string, string>> = {
  counter_not_found: 'counters_not_found',
  count_freshness_ms: 'count_freshness_seconds',
  flush_ms: 'flush_duration_seconds',
  catalog_stale_ms: 'catalog_stale_seconds',
  request_ms: 'request_duration_seconds',
};

describe('what functions write', () => {
  it('is all shown, under a name by its kind', () => {
    const found = everythingWritten();
    for (const [metric, { kind, by }] of Object.entries(metricFacts)) {
      const suffix = { counter: '_total', gauge: '', histogram: '_count' }[kind];
      const name = shownAs[metric] ?? metric;
      const value = found.get(`adtally_${name}${suffix}{function="${by[0] ?? 'runtime'}"}`);
      expect([metric, value]).toEqual([metric, kind === 'histogram' ? 1 : 3]);
    }
  });

  it('is in seconds where it was observed in milliseconds', () => {
    const found = everythingWritten();
    const of = (end: string): number | undefined => found.get(`adtally_request_duration_seconds_${end}`);
    expect(of('sum{function="ingest-ads"}')).toBe(0.003);
    expect(of('bucket{function="ingest-ads",le="0.002"}')).toBe(0);
    expect(of('bucket{function="ingest-ads",le="0.004"}')).toBe(1);
    expect(found.get('adtally_flush_records_sum{function="aggregate-increments"}')).toBe(3);
  });

  it('is there as 0 before it first happens, where it can', () => {
    const telemetries = createMeteredTelemetry(createRecordingTelemetry());
    telemetries.of('project-ads');
    const found = samples(prometheusText(functionFamilies(telemetries.sources)));
    expect(found.get('adtally_fence_lost_total{function="project-ads"}')).toBe(0);
    expect(found.get('adtally_flush_duration_seconds_count{function="project-ads"}')).toBe(0);
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
