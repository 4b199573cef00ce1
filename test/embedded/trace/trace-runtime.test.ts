import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { startServer, type ServerProcess } from '../../support/server-process.ts';
import { startRuntime, type Runtime } from '../../../lib/embedded/runtime.ts';
import {
  arrowsOf,
  isSlice,
  readTrace,
  type Slice,
  type TraceEvent,
} from '../../../lib/embedded/trace/read-trace.ts';
import { summarise, summaryText } from '../../../lib/embedded/trace/trace-summary.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { faultsOfTrace } from '../../support/check-trace.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-trace-'));
  file = join(folder, 'trace.json');
});
afterEach(() => rm(folder, { recursive: true }));

const read = async (): Promise<TraceEvent[]> => readTrace(await readFile(file, 'utf8'));

async function post(url: string, path: string, body: unknown, headers = {}): Promise<Response> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response;
}

const ad = {
  title: 'Tea time',
  content: 'Two for one',
  start_at: '2026-01-01T00:00:00Z',
  end_at: '2100-01-01T00:00:00Z',
};

describe('a trace of the runtime', () => {
  let runtime: Runtime;
  const start = async (more = {}): Promise<Runtime> =>
    (runtime = await startRuntime({
      folder: join(folder, 'data'),
      settings: stageSettings('local'),
      log: nullTelemetry,
      trace: { file },
      ...more,
    }));
  /** What was done by then is in the file. */
  const traced = async (): Promise<TraceEvent[]> => {
    await runtime.idle();
    await runtime.stop();
    const events = await read();
    expect(faultsOfTrace(events)).toEqual([]);
    return events;
  };

  it('shows the way of an increment: door, gateway, function, append, commit, batch, aggregate, state', async () => {
    const { url } = await start();
    expect((await post(url, '/increment', { key: 'secret-key', value: 1 })).status).toBe(202);
    const events = await traced();
    const slices = events.filter(isSlice);
    const path = ['request', 'gateway', 'call ingest-increments', 'append increments'].map((name) =>
      only(slices, name),
    );
    path.forEach((slice, i) => {
      const outer = path[i - 1];
      if (outer !== undefined) expect(contains(outer, slice)).toBe(true);
      expect(slice.args['request']).toBe(1);
      expect(slice.dur).toBeGreaterThan(0);
    });
    const arrows = arrowsOf(events).map(({ name, slices: on }) => [name, ...on.map((slice) => slice.name)]);
    expect(arrows).toEqual(
      expect.arrayContaining([
        ['calls', 'gateway', 'call ingest-increments'],
        ['calls', 'call ingest-increments', 'append increments'],
        ['delivered in', 'append increments', 'group commit', 'deliver batch'],
        ['calls', 'deliver batch', 'settle batch'],
        ['calls', 'settle batch', expect.stringMatching(/^state (write|transact) each$/)],
      ]),
    );
    expect(contains(only(slices, 'append increments'), slices.find(isCommit))).toBe(true);
    expect(rowsOf(events)).toEqual(
      expect.arrayContaining([
        ['HTTP door and gateway', 'request'],
        ['function ingest-increments', 'call'],
        ['event log', 'append increments'],
        ['group commit', 'commits'],
        ['delivery increments to aggregate-increments', expect.stringMatching(/^shardId-\d{12} lane [01]$/)],
        ['function aggregate-increments', 'call'],
        ['state store', 'call'],
      ]),
    );
    // Keys are user data.
    expect(await readFile(file, 'utf8')).not.toContain('secret-key');
  });

  it('shows the way of an ad', async () => {
    const { url } = await start();
    const applied = { Prefer: 'wait=5' };
    expect((await post(url, '/api/v1/ad', ad, applied)).status).toBe(201);
    const events = await traced();
    const arrows = arrowsOf(events).map(({ name, slices: on }) => [name, ...on.map((slice) => slice.name)]);
    expect(arrows).toEqual(
      expect.arrayContaining([
        ['calls', 'gateway', 'call ingest-ads'],
        ['delivered in', 'append ad-events', 'group commit', 'deliver batch'],
        ['calls', 'settle batch', 'state transact'],
        ['calls', 'settle batch', 'schedule set'],
      ]),
    );
    expect(only(events.filter(isSlice), 'request').args).toMatchObject({
      route: 'POST /api/v1/ad',
      status: 201,
    });
  });

  it('keeps the slow and the failed ones, whole, under a load that is sampled', async () => {
    const { url } = await start({ trace: { file, sampledPerSecond: 5, slowMs: 1500 } });
    const many = Array.from({ length: 600 }, (_, i) => i);
    // It waits for two seconds for an ad that may be on its way, and then answers 503.
    const id = `${Date.now()
      .toString(16)
      .padStart(12, '0')
      .replace(/^(.{8})/, '$1-')}-7000-8000-000000000000`;
    const unknown = fetch(`${url}/api/v1/ad/${id}`);
    for (let i = 0; i < many.length; i += 50) {
      await Promise.all(
        many.slice(i, i + 50).map((n) => post(url, '/increment', { key: `k${n}`, value: 1 })),
      );
    }
    expect((await unknown).status).toBe(503);
    expect((await post(url, '/increment', { key: '', value: 1 })).status).toBe(400);
    const events = await traced();
    const requests = events.filter(isSlice).filter(({ name }) => name === 'request');
    expect(requests.filter(({ args }) => args['kept'] === 'failed').map(({ args }) => args)).toEqual([
      expect.objectContaining({ status: 503, route: 'GET /api/v1/ad/{id}', rate: 1 }),
    ]);
    expect(requests.length).toBeLessThan(300);
    const end = events.find(({ name }) => name === 'end of the trace')?.args;
    expect(end).toMatchObject({ requests: 602, kept_failed: 1, kept_not_whole: 0 });
    // Each increment that was kept has an arrow to the batch that counted it.
    const accepted = requests.filter(({ args }) => args['status'] === 202).map(({ args }) => args['request']);
    const counted = arrowsOf(events)
      .filter(({ name }) => name === 'delivered in')
      .map(({ slices }) => slices[0]?.args['request']);
    expect(new Set(counted)).toEqual(new Set(accepted));
    expect(accepted.length).toBeGreaterThan(0);
  });

  it('shows a request that was refused at the door', async () => {
    const { url } = await start({ limits: { requestsMax: 0 } });
    expect((await fetch(`${url}/health`)).status).toBe(503);
    const { args } = only((await traced()).filter(isSlice), 'request');
    expect(args).toEqual({ request: 1, status: 503, failed: true, kept: 'failed', rate: 1 });
  });

  it('is summed up by route and stage', async () => {
    const { url } = await start();
    for (let i = 0; i < 5; i += 1) await post(url, '/increment', { key: 'a', value: 1 });
    await post(url, '/api/v1/increments', {
      increments: [
        { key: 'a', value: 1 },
        { key: 'b', value: 1 },
      ],
    });
    const summary = summarise(await traced());
    expect(summary.end).toMatchObject({ reason: 'stopped', requests: 6 });
    expect(summary.ways.map(({ route }) => route)).toEqual(['POST /increment', 'POST /api/v1/increments']);
    const text = summaryText(summary);
    expect(text).toMatch(/\| answer +\| +5 \| /);
    expect(text).toContain('| deliver batch ');
    expect(text).toContain('The trace ended: reason stopped, requests 6');
  });

  it('is summed up to stages that add up to the answer, and to the counting', async () => {
    const { url } = await start();
    await post(url, '/increment', { key: 'a', value: 1 });
    const [way] = summarise(await traced()).ways;
    const [answer = 0, door = 0, called = 0, waits = 0, commit = 0, back = 0, ...rest] =
      way?.stages.map(({ p50 }) => p50) ?? [];
    expect(door + called + waits + commit + back).toBeCloseTo(answer, 2);
    const [counted = 0, committed = 0, delivery = 0, batch = 0, state = 0] = rest;
    expect(committed + delivery + batch).toBeCloseTo(counted, 2);
    expect(state).toBeGreaterThan(0);
    expect(state).toBeLessThan(batch);
  });

  it('refuses to start over a file that is no trace, and leaves the data folder free', async () => {
    await expect(start({ trace: { file: folder } })).rejects.toMatchObject({ code: 'trace-file' });
    await start();
    await runtime.stop();
  });
});

describe('npm start -- --trace', () => {
  let server: ServerProcess | undefined;
  afterEach(() => server?.kill());

  it('leaves a file that can be read when it is killed, and says up to then what it lacks', async () => {
    server = await startServer(join(folder, 'data'), ['--trace', file]);
    const url = server.url.origin;
    for (let i = 0; i < 20; i += 1) await post(url, '/increment', { key: 'a', value: 1 });
    for (let tries = 0; tries < 200 && (await kept()) < 20; tries += 1) await systemClock.sleep(50);
    await server.kill();
    const events = await read();
    expect(faultsOfTrace(events)).toEqual([]);
    expect(events.filter(isSlice).filter(({ name }) => name === 'request')).toHaveLength(20);
    expect(events.some(({ name }) => name === 'end of the trace')).toBe(false);
    expect(summaryText(summarise(events))).toContain('The trace has no end');
  });

  it('closes the file when it is stopped, and writes it anew at the next start', async () => {
    for (const starts of [1, 2]) {
      server = await startServer(join(folder, 'data'), ['--trace', file]);
      for (let i = 0; i < starts; i += 1) await fetch(new URL('/health', server.url));
      expect((await server.stop()).code).toBe(0);
      const text = await readFile(file, 'utf8');
      const events = JSON.parse(text) as TraceEvent[];
      expect(events.at(-1)).toMatchObject({ name: 'end of the trace', args: { requests: starts } });
    }
  });

  it('says what is wrong with the file', async () => {
    const failing = startServer(join(folder, 'data'), ['--trace', join(folder, 'no', 'trace.json')]);
    await expect(failing).rejects.toThrow(/exit code 1: Cannot write the trace: .*ENOENT.*\(--trace\)/);
  });

  it('writes nothing without being asked', async () => {
    server = await startServer(join(folder, 'data'));
    await fetch(new URL('/health', server.url));
    await server.stop();
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
  });

  async function kept(): Promise<number> {
    const events = (await stat(file)).size > 0 ? await read() : [];
    return Number(events.filter(({ name }) => name === 'requests').at(-1)?.args?.['kept'] ?? 0);
  }
});

const isCommit = ({ name }: Slice): boolean => name === 'group commit';

function only(slices: readonly Slice[], called: string): Slice {
  const found = slices.filter(({ name }) => name === called);
  expect(found).toHaveLength(1);
  return found[0] as Slice;
}

function contains(outer: Slice, inner: Slice | undefined): boolean {
  return inner !== undefined && outer.ts <= inner.ts && outer.ts + outer.dur >= inner.ts + inner.dur;
}

/** Group and line of everything that is drawn. */
function rowsOf(events: readonly TraceEvent[]): unknown[] {
  const names = new Map(
    events.filter(({ name }) => name === 'process_name').map(({ pid, args }) => [pid, args?.['name']]),
  );
  return events
    .filter(({ name }) => name === 'thread_name')
    .map(({ pid, args }) => [names.get(pid), args?.['name']]);
}
