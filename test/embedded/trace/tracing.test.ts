import { mkdtemp, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { eventSource, toKinesisEvent } from '../../../lib/embedded/delivery/kinesis-event.ts';
import type { HttpResponse } from '../../../lib/embedded/http/http-message.ts';
import { readTrace, summariseTrace } from '../../../lib/embedded/trace/trace-summary.ts';
import { openTracing, type TracingOptions } from '../../../lib/embedded/trace/tracing.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { arrowsOf, checkTrace, isSlice, type Slice } from '../../support/check-trace.ts';
import { createMemoryEventLog } from '../../support/memory/memory-event-log.ts';
import { createMemoryExpirySchedule } from '../../support/memory/memory-expiry-schedule.ts';
import { createMemoryQuarantine } from '../../support/memory/memory-quarantine.ts';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const answer = (statusCode: number): HttpResponse => ({ statusCode, headerLines: '', body: '' });
const arn = 'arn:aws:kinesis:local:000000000000:stream/adtally-local-increments.1';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-tracing-'));
  file = join(folder, 'trace.json');
});
afterEach(() => rm(folder, { recursive: true }));

/** The parts of a runtime on a virtual clock: what takes time takes as much as it is told to. */
async function createWorld(options: Partial<TracingOptions> = {}) {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const deps = { clock, ids: systemIds, telemetry, settings: stageSettings('local') };
  const log = { clock, epoch: '1', shardCount: 1 };
  const tracing = await openTracing({ file, ratio: 1, ...options }, deps);
  const ports = tracing.ports({
    ...deps,
    adEvents: createMemoryEventLog({ ...log, stream: 'ad-events' }),
    increments: createMemoryEventLog({ ...log, stream: 'increments' }),
    state: createMemoryStateStore(),
    quarantine: createMemoryQuarantine(),
    schedule: createMemoryExpirySchedule(),
  } satisfies Ports);
  const ask = (work: () => Promise<HttpResponse>, headers: string[] = []): Promise<HttpResponse> =>
    tracing.server(work)({
      ...{ method: 'POST', target: '/', headers, body: Buffer.from('') },
      ...{ sourceIp: '', requestId: 'r-1' },
    });
  return { clock, telemetry, tracing, ports, ask };
}
type World = Awaited<ReturnType<typeof createWorld>>;

/** A request that is answered after `ms`. */
async function askFor(
  { ask, clock }: World,
  ms: number,
  status = 200,
  headers: string[] = [],
): Promise<void> {
  const answered = ask(async () => {
    await clock.sleep(ms);
    return answer(status);
  }, headers);
  await clock.advance(ms);
  await answered;
}

/** Posts records as a function would; resolves to their sequence numbers. */
async function post({ ask, ports, tracing }: World, count: number): Promise<string[]> {
  const entry = { partitionKey: 'k', data: new Uint8Array(1) };
  const numbers: string[] = [];
  const ingest = tracing.call(
    'ingest-increments',
    async (event: Readonly<Record<'httpMethod' | 'resource', string>>) => {
      expect(event.resource).toBe('/increment');
      for (const result of await ports.increments.append(Array.from({ length: count }, () => entry))) {
        if (result.status === 'appended') numbers.push(result.sequenceNumber);
      }
      return answer(202);
    },
  );
  await ask(() => ingest({ httpMethod: 'POST', resource: '/increment' }));
  return numbers;
}

/** Delivers records of the one shard; the function settles those before `failedAt`. */
async function deliver({ tracing }: World, numbers: readonly string[], failedAt?: number): Promise<void> {
  const records = numbers.map((sequenceNumber) => ({
    ...{ sequenceNumber, partitionKey: 'k', data: new Uint8Array(1), arrivedAtMs: 0 },
  }));
  const itemIdentifier = failedAt === undefined ? undefined : numbers[failedAt];
  const batchItemFailures = itemIdentifier === undefined ? [] : [{ itemIdentifier }];
  const event = toKinesisEvent(eventSource(arn, 'shardId-000000000000', 'f'), records);
  const consume = (given: unknown): Promise<unknown> =>
    Promise.resolve(given === event ? { batchItemFailures } : undefined);
  await tracing.call('aggregate-increments', consume)(event);
}

/** Stops the trace and reads its file. */
async function slicesOf({ tracing }: World): Promise<Slice[]> {
  await tracing.stop();
  return checkTrace(await readFile(file, 'utf8')).filter(isSlice);
}
const namesOf = (slices: readonly Slice[]): string[] => slices.map(({ name }) => name);
const keptOf = (slices: readonly Slice[]): unknown[] => slices.map(({ args }) => args['kept']);

describe('a trace keeps', () => {
  it('a sampled request with all its calls, and nothing that is called outside of one', async () => {
    const world = await createWorld();
    const { ports } = world;
    const key = { table: 'counters', pk: 'k', sk: '' } as const;
    const put = { type: 'put', key, attributes: {} } as const;
    const calls = async (): Promise<HttpResponse> => {
      await Promise.all([ports.state.get(key), ports.state.getMany([key])]);
      await ports.state.query({ table: 'counters', pk: 'k', limit: 1 });
      await ports.state.write(put);
      await ports.state.writeEach([put]);
      await ports.state.transact([put]);
      await ports.schedule.set({ name: 'n', atMs: 1, input: { adId: 'a', endAtMs: 1 } });
      await ports.schedule.clear('n');
      return answer(200);
    };
    await calls();
    await world.ask(calls);
    const slices = await slicesOf(world);
    expect(namesOf(slices).sort()).toEqual([
      ...['request', 'schedule clear', 'schedule set', 'state get', 'state getMany', 'state query'],
      ...['state transact', 'state write', 'state writeEach'],
    ]);
    expect(new Set(slices.map(({ args }) => args['trace'])).size).toBe(1);
    expect(slices.map(({ args }) => args['request_id']).filter((id) => id !== undefined)).toEqual(['r-1']);
    expect(keptOf(slices)).toEqual(slices.map(() => undefined));
  });

  it('the share of requests that is asked for, and every request whose caller records it', async () => {
    const world = await createWorld({ ratio: 0.3 });
    const ids = (flags: string): string[] => [
      'Traceparent',
      `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`,
    ];
    for (let i = 0; i < 1000; i += 1) await world.ask(() => Promise.resolve(answer(200)));
    for (let i = 0; i < 5; i += 1) await world.ask(() => Promise.resolve(answer(200)), ids('01'));
    for (let i = 0; i < 100; i += 1) await world.ask(() => Promise.resolve(answer(200)), ids('00'));
    await world.ask(() => Promise.resolve(answer(200)), ['traceparent', 'nonsense']);
    const slices = await slicesOf(world);
    const sampled = slices.filter(({ args }) => args['kept'] === undefined);
    const called = sampled.filter(({ args }) => args['trace'] === '4bf92f3577b34da6a3ce929d0e0e4736');
    expect(called).toHaveLength(5);
    expect(sampled.length).toBeGreaterThan(200);
    expect(sampled.length).toBeLessThan(400);
  });

  it('the slowest and the failed of those that are not sampled, and counts the others', async () => {
    const world = await createWorld({ ratio: 0 });
    for (let i = 0; i < 100; i += 1) await askFor(world, i % 10 === 3 ? 20 + i : 1);
    for (let i = 0; i < 25; i += 1) await askFor(world, 1, 503);
    const boom = new Error('boom');
    await expect(world.ask(() => Promise.reject(boom))).rejects.toBe(boom);
    const slices = await slicesOf(world);
    const slow = slices.filter(({ args }) => args['kept'] === 'slow');
    expect(slow).toHaveLength(20);
    expect(slow.filter(({ dur }) => dur >= 20_000)).toHaveLength(10);
    const failed = slices.filter(({ args }) => args['kept'] === 'failed');
    expect(failed).toHaveLength(20);
    expect(failed.every(({ args }) => args['failed'])).toBe(true);
    const counts = world.telemetry.lines.find(({ message }) => message === 'tracing stops')?.fields;
    expect(counts).toEqual({ sampled: 0, slow: 20, failed: 20, left_out: 86 });
  });

  it('the slowest and the failed after seconds, so that a process that is killed has written them', async () => {
    const world = await createWorld({ ratio: 0 });
    await askFor(world, 30);
    await askFor(world, 10, 500);
    await world.clock.advance(5000);
    for (let tries = 0; tries < 500 && (await stat(file)).size < 800; tries += 1) await systemClock.sleep(10);
    const kept = keptOf(checkTrace(`${await readFile(file, 'utf8')}]`).filter(isSlice));
    expect(kept.sort()).toEqual(['failed', 'slow']);
    await world.tracing.stop();
  });

  it('a link from each sampled append to the batch that settled its records', async () => {
    const world = await createWorld();
    const numbers = [...(await post(world, 2)), ...(await post(world, 1))];
    await deliver(world, numbers, 1);
    await world.clock.advance(1);
    await deliver(world, numbers.slice(1));
    await world.clock.advance(1);
    await deliver(world, numbers);
    await world.tracing.stop();
    const events = checkTrace(await readFile(file, 'utf8'));
    expect(arrowsOf(events).map(({ from, to }) => [from.name, to.args['settled']])).toEqual([
      ['increments append', 1],
      ['increments append', 2],
      ['increments append', 2],
    ]);
    const batches = events.filter(isSlice).filter(({ name }) => name === 'settle batch');
    // The one that settled nothing of a sampled request is here for being the slowest.
    expect(keptOf(batches)).toEqual([undefined, undefined, 'slow']);
    expect(batches[0]?.args).toMatchObject({ function: 'aggregate-increments', records: 3, failed: true });
    const requests = events.filter(isSlice).filter(({ name }) => name === 'request');
    expect(requests.map(({ args }) => args['route'])).toEqual(['POST /increment', 'POST /increment']);
  });

  it('the commit that wrote the records of an append', async () => {
    const world = await createWorld();
    const { tracing, clock } = world;
    const log = createMemoryEventLog({ clock, epoch: '1', shardCount: 1, stream: 'increments' });
    const slow = { ...world.ports, increments: { ...log, stream: log.stream, epoch: log.epoch } };
    slow.increments.append = async (entries) => {
      await clock.sleep(2);
      await tracing.commitStep(async () => {
        await clock.sleep(3);
        return true;
      });
      return log.append(entries);
    };
    const ports = tracing.ports(slow);
    const posted = post({ ...world, ports }, 1);
    await clock.advance(5);
    await posted;
    const slices = await slicesOf(world);
    const of = (called: string): number[] =>
      slices.filter(({ name }) => name === called).flatMap(({ ts, dur }) => [ts, dur]);
    expect(of('increments append')).toEqual([0, 5000]);
    expect(of('group commit')).toEqual([2000, 3000]);
  });

  it('a timer that fires, even in the context of the request that set it', async () => {
    const world = await createWorld();
    const sweep = world.tracing.call('sweep-ads', () => Promise.resolve({ appended: 0 }));
    await world.ask(async () => {
      await sweep();
      return answer(200);
    });
    const slices = await slicesOf(world);
    expect(namesOf(slices)).toEqual(['call sweep-ads', 'request']);
    expect(slices[0]?.args['trace']).not.toBe(slices[1]?.args['trace']);
  });
});

it('the start of tracing is in the log: where spans go, and the share that is sampled', async () => {
  const otlp = { url: 'http://localhost:4318/v1/traces?key=secret', headers: {}, serviceName: 'adtally' };
  const { telemetry, tracing } = await createWorld({ otlp, ratio: 0.5 });
  await tracing.stop();
  const fields = { file, collector: 'http://localhost:4318', sampled_share: 0.5 };
  expect(telemetry.lines[0]).toEqual({ level: 'info', message: 'tracing starts', fields });
});

describe('the file of a trace', () => {
  it('ends at its limit: samples get half of it, what failed gets the rest', async () => {
    const bytesMax = 100_000;
    const world = await createWorld({ bytesMax });
    const sizes: number[] = [];
    for (let i = 0; i < 1000; i += 1) await world.ask(() => Promise.resolve(answer(200)));
    await world.clock.advance(5000);
    for (let tries = 0; tries < 500 && (await stat(file)).size < 0.4 * bytesMax; tries += 1)
      await systemClock.sleep(10);
    sizes.push((await stat(file)).size);
    const off = ['traceparent', `00-${'1'.repeat(32)}-${'1'.repeat(16)}-00`];
    const line = () => world.telemetry.lines.find(({ message }) => message.startsWith('the trace ends'));
    const ended = () => line()?.fields;
    for (let i = 0; i < 300 && ended() === undefined; i += 1) {
      for (let j = 0; j < 20; j += 1) await askFor(world, 0, 500, off);
      await world.clock.advance(5000);
    }
    expect(ended()).toMatchObject({ file, reason: 'full' });
    expect(line()).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('size limit') as unknown,
    });
    expect(await world.ask(() => Promise.resolve(answer(200)))).toEqual(answer(200));
    const slices = await slicesOf(world);
    sizes.push((await stat(file)).size);
    expect(sizes.map((size) => Math.floor((size * 10) / bytesMax))).toEqual([4, 9]);
    expect(slices.length).toBe(ended()?.['spans']);
  });

  it('is given up with one warning when the disk is full, and every request is answered', async () => {
    file = '/dev/full';
    const world = await createWorld();
    const warnings = () => world.telemetry.lines.filter(({ level }) => level !== 'info');
    for (let tries = 0; tries < 500 && warnings().length === 0; tries += 1) {
      await askFor(world, 0);
      await systemClock.sleep(10);
    }
    expect(await post(world, 1)).toHaveLength(1);
    await world.tracing.stop();
    expect(warnings()).toEqual([
      {
        level: 'warn',
        message: 'the trace ends: its file cannot be written',
        fields: { file, error: expect.stringContaining('ENOSPC') as unknown },
      },
    ]);
  });

  it('renames an older trace, and replaces the one before that', async () => {
    for (const older of ['first', 'second']) {
      const text = `[{"name":"adtally trace","ph":"i"},\n{"na${older}`;
      await writeFile(file, text);
      const world = await createWorld();
      expect(await slicesOf(world)).toEqual([]);
      expect(await readFile(`${file}.1`, 'utf8')).toBe(text);
      expect(world.telemetry.lines[0]).toEqual({
        ...{ level: 'info', message: 'the older trace is renamed' },
        fields: { file, renamed_to: `${file}.1` },
      });
    }
  });

  it('is not shared by two processes that are given the same name', async () => {
    const worlds = [await createWorld(), await createWorld()];
    for (const world of [...worlds, ...worlds.slice(1)]) await askFor(world, 1);
    for (const { tracing } of worlds) await tracing.stop();
    for (const [name, requests] of [
      [`${file}.1`, 1],
      [file, 2],
    ] as const)
      expect(checkTrace(await readFile(name, 'utf8')).filter(isSlice)).toHaveLength(requests);
  });

  it('is not shared with a process that has made the file and has not written to it yet', async () => {
    const other = await open(file, 'wx');
    const world = await createWorld();
    await other.write('[{"name":"adtally trace","ph":"i"}');
    await other.close();
    await askFor(world, 1);
    expect(await slicesOf(world)).toHaveLength(1);
    expect(await readFile(`${file}.1`, 'utf8')).toBe('[{"name":"adtally trace","ph":"i"}');
  });

  it('is made where a link leads', async () => {
    await symlink(join(folder, 'target.json'), file);
    const world = await createWorld();
    await askFor(world, 1);
    expect(await slicesOf(world)).toHaveLength(1);
    expect(checkTrace(await readFile(join(folder, 'target.json'), 'utf8')).filter(isSlice)).toHaveLength(1);
  });

  it('never takes the place of a file that is not a trace', async () => {
    await writeFile(file, '[{"name":"adtally trace"}]');
    await writeFile(`${file}.1`, 'dear diary');
    await expect(createWorld()).rejects.toThrow(`${file}.1 exists and is not a trace`);
    expect(await readFile(`${file}.1`, 'utf8')).toBe('dear diary');
    expect(await readFile(file, 'utf8')).toBe('[{"name":"adtally trace"}]');
    await writeFile(file, 'dear diary');
    await expect(createWorld()).rejects.toMatchObject({
      code: 'trace-file',
      message: `${file} exists and is not a trace`,
    });
    expect(await readFile(file, 'utf8')).toBe('dear diary');
    await expect(createWorld({ file: folder })).rejects.toThrow(/EISDIR/);
    await expect(createWorld({ file: join(folder, 'no/trace.json') })).rejects.toMatchObject({
      code: 'trace-file',
      message: expect.stringContaining('ENOENT') as unknown,
    });
  });

  it('can be read as far as it goes, wherever it breaks off, and summed up', async () => {
    const world = await createWorld();
    for (let i = 1; i <= 4; i += 1) await askFor(world, i * 10);
    await deliver(world, []);
    await world.tracing.stop();
    const text = await readFile(file, 'utf8');
    const whole = readTrace(text);
    for (let end = text.length - 2; end > text.indexOf('\n'); end -= 7) {
      const events = readTrace(text.slice(0, end));
      expect(events).toEqual(whole.slice(0, events.length));
      expect(events.length).toBeGreaterThan(0);
    }
    for (const foreign of ['dear diary', '', '[]', '{}', '[null]', '[{"name":"x"}]'])
      expect(() => readTrace(foreign)).toThrow(SyntaxError);
    const table = summariseTrace(whole).split('\n');
    expect(table.map((line) => line.split(/ +/).join(' '))).toEqual([
      'kept span spans p50 p99 max',
      'sampled request 4 20.00 40.00 40.00',
      'slow settle batch 1 0.00 0.00 0.00',
    ]);
    const endedBy = (reason: string, dropped_spans: number) => [
      ...whole.slice(0, -1),
      { name: 'end of the trace', args: { reason, dropped_spans } },
    ];
    expect(summariseTrace(endedBy('full', 3)).split('\n')).toEqual([
      'The trace is incomplete: it ended when it reached its size limit (--trace-max-bytes).',
      ...table,
    ]);
    expect(summariseTrace(endedBy('stopped', 3)).split('\n')).toEqual([
      'The trace is incomplete: 3 spans did not fit into its limits.',
      ...table,
    ]);
  });
});

describe('the share of traces', () => {
  it('is what it was started with until an operator changes it, and again after that', async () => {
    const world = await createWorld({ ratio: 0 });
    const share: { now: number | undefined } = { now: undefined };
    world.tracing.follow(() => share.now);
    await askFor(world, 1);
    share.now = 1;
    await askFor(world, 1);
    await askFor(world, 1);
    share.now = undefined;
    await askFor(world, 1);
    await world.tracing.stop();
    const end = world.telemetry.lines.find(({ message }) => message === 'tracing stops');
    expect(end?.fields['sampled']).toBe(2);
  });
});
