import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import { createMemoryEventLog } from '../../support/memory/memory-event-log.ts';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { createMemoryQuarantine } from '../../support/memory/memory-quarantine.ts';
import { createMemoryExpirySchedule } from '../../support/memory/memory-expiry-schedule.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { eventSource, toKinesisEvent } from '../../../lib/embedded/delivery/kinesis-event.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../../lib/embedded/http/http-message.ts';
import { isSlice, readTrace, type Slice, type TraceEvent } from '../../../lib/embedded/trace/read-trace.ts';
import { openTracing, type Tracing, type TracingOptions } from '../../../lib/embedded/trace/tracing.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { faultsOfTrace } from '../../support/check-trace.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const settings = stageSettings('local');
const request: HttpRequest = {
  method: 'POST',
  target: '/',
  headers: [],
  body: Buffer.from(''),
  sourceIp: '',
};
const answer = (statusCode: number): HttpResponse => ({ statusCode, headerLines: '', body: '' });
const arn = 'arn:aws:kinesis:local:000000000000:stream/adtally-local-increments.1';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-tracing-'));
  file = join(folder, 'trace.json');
});
afterEach(() => rm(folder, { recursive: true }));

/** A runtime's parts on a virtual clock: what takes time takes as much as it is told to. */
async function createWorld(options: Partial<TracingOptions> = {}) {
  const clock = createVirtualClock({ autoAdvance: false });
  const telemetry = createRecordingTelemetry();
  // Where there is a choice nothing is taken.
  const ids = {
    ...systemIds,
    random: options.sampledPerSecond === 1 ? () => 0.999 : () => systemIds.random(),
  };
  const shared = { clock, ids, telemetry, settings };
  const log = { clock, epoch: '1', shardCount: 1 };
  const plain: Ports = {
    ...shared,
    adEvents: createMemoryEventLog({ ...log, stream: 'ad-events' }),
    increments: createMemoryEventLog({ ...log, stream: 'increments' }),
    state: createMemoryStateStore(),
    quarantine: createMemoryQuarantine(),
    schedule: createMemoryExpirySchedule(),
  };
  const tracing: Tracing = await openTracing({ file, ...options }, shared);
  const ports = tracing.ports(plain);
  const ask = (handler: HttpHandler): Promise<HttpResponse> =>
    tracing.door(tracing.gateway(handler))(request);
  return { clock, telemetry, tracing, ports, plain, ask };
}
type World = Awaited<ReturnType<typeof createWorld>>;

/** Answers after `ms`; advances the clock itself. */
async function askFor({ ask, clock }: World, ms: number, status = 200): Promise<void> {
  const answered = ask(async () => {
    if (ms > 0) await clock.sleep(ms);
    return answer(status);
  });
  await clock.advance(ms);
  await answered;
}

/** Posts records as a function would; resolves to their numbers. */
async function post({ ask, ports, tracing }: World, keys: readonly string[]): Promise<readonly string[]> {
  let numbers: readonly string[] = [];
  const ingest = tracing.call('ingest-increments', async (event: unknown) => {
    expect(event).toBeDefined();
    const results = await ports.increments.append(
      keys.map((partitionKey) => ({ partitionKey, data: new Uint8Array(1) })),
    );
    numbers = results.map((result) => (result.status === 'appended' ? result.sequenceNumber : ''));
    return answer(202);
  });
  await ask(() => ingest({ httpMethod: 'POST', resource: '/increment' }));
  return numbers;
}

/** Delivers records of the one shard; the function settles those before `failedAt`. */
async function deliver({ tracing }: World, numbers: readonly string[], failedAt?: number): Promise<void> {
  const records = numbers.map((sequenceNumber) => ({
    sequenceNumber,
    partitionKey: 'k',
    data: new Uint8Array(1),
    arrivedAtMs: 0,
  }));
  const item = failedAt === undefined ? undefined : numbers[failedAt];
  const failures = item === undefined ? [] : [{ itemIdentifier: item }];
  const consume = (): Promise<{ batchItemFailures: { itemIdentifier: string }[] }> =>
    Promise.resolve({ batchItemFailures: failures });
  const { 'aggregate-increments': batch } = tracing.consumers({
    'project-ads': consume,
    'aggregate-increments': consume,
  });
  await batch(toKinesisEvent(eventSource(arn, 'shardId-000000000000', 'f'), records), {} as never);
}

async function read(): Promise<TraceEvent[]> {
  return readTrace(await readFile(file, 'utf8'));
}

/** The clock is virtual and the disk is not. */
async function eventually(
  { clock }: World,
  enough: (events: readonly TraceEvent[]) => boolean,
): Promise<TraceEvent[]> {
  for (let tries = 0; tries < 500; tries += 1) {
    await clock.advance(300);
    const events = await read();
    if (enough(events)) return events;
    await systemClock.sleep(10);
  }
  throw new Error('the file did not become as expected');
}

const requestsOf = (events: readonly TraceEvent[]): Slice[] =>
  events.filter(isSlice).filter(({ name }) => name === 'request');
const lastCounter = (events: readonly TraceEvent[]): Readonly<Record<string, unknown>> =>
  events.filter(({ name }) => name === 'requests').at(-1)?.args ?? {};
const endOf = (events: readonly TraceEvent[]): unknown =>
  events.find(({ name }) => name === 'end of the trace')?.args;

describe('what a trace keeps', () => {
  it('is every slow and every failed request, and a sample of the others, with the odds of each', async () => {
    const world = await createWorld({ sampledPerSecond: 10, slowMs: 100 });
    for (let i = 0; i < 3000; i += 1) {
      if (i % 300 === 7) await askFor(world, 101);
      else if (i % 300 === 8) await askFor(world, 0, 503);
      else void world.ask(() => Promise.resolve(answer(200)));
    }
    await world.clock.advance(1);
    await world.tracing.stop();
    const events = await read();
    expect(faultsOfTrace(events)).toEqual([]);
    const kept = Map.groupBy(requestsOf(events), ({ args }) => args['kept']);
    expect(kept.get('slow')).toHaveLength(10);
    expect(kept.get('failed')).toHaveLength(10);
    const sampled = kept.get('sampled') ?? [];
    expect(sampled.length).toBeGreaterThanOrEqual(10);
    expect(sampled.length).toBeLessThan(600);
    expect(sampled.some(({ args }) => Number(args['rate']) < 1)).toBe(true);
    expect(kept.get('slow')?.every(({ args }) => args['rate'] === 1)).toBe(true);
    expect(endOf(events)).toMatchObject({
      ...{ reason: 'stopped', requests: 3000, kept_failed: 10, kept_slow: 10, kept_sampled: sampled.length },
      ...{ left_out: 3000 - 20 - sampled.length, left_out_for_want_of_room: 0, kept_not_whole: 0 },
    });
  });

  it('is a request whole: held after its answer until its last record is settled', async () => {
    const world = await createWorld();
    const numbers = await post(world, ['a', 'b', 'c']);
    const held = (count: number) => (events: readonly TraceEvent[]) => lastCounter(events)['held'] === count;
    expect(requestsOf(await eventually(world, held(1)))).toEqual([]);
    await deliver(world, numbers.slice(0, 2));
    expect(requestsOf(await eventually(world, held(1)))).toEqual([]);
    await deliver(world, numbers.slice(2));
    const events = await eventually(world, held(0));
    expect(faultsOfTrace(events)).toEqual([]);
    expect(requestsOf(events)).toHaveLength(1);
    expect(requestsOf(events)[0]?.args).toEqual({
      ...{ request: 1, route: 'POST /increment', status: 202, kept: 'sampled', rate: 1 },
    });
    const names = events.filter(isSlice).map(({ name }) => name);
    expect(names.filter((name) => name === 'deliver batch')).toHaveLength(2);
    await world.tracing.stop();
  });

  it('is decided by what became of the records, long after the answer', async () => {
    // Nothing is sampled: the first one takes all there is.
    const world = await createWorld({ sampledPerSecond: 1, slowSettledMs: 1000 });
    await askFor(world, 0);
    const [late, failing, fine] = [
      await post(world, ['a']),
      await post(world, ['a']),
      await post(world, ['a']),
    ];
    await deliver(world, fine);
    await deliver(world, failing, 0);
    await deliver(world, failing);
    await world.clock.advance(1001);
    await deliver(world, late);
    await world.tracing.stop();
    const events = await read();
    expect(faultsOfTrace(events)).toEqual([]);
    const kept = requestsOf(events).filter(({ args }) => args['route'] !== undefined);
    expect(kept.map(({ args }) => args['kept'])).toEqual(['failed', 'slow']);
    const failed = events
      .filter(isSlice)
      .filter(({ name, args }) => name === 'deliver batch' && args['failed']);
    expect(failed.map(({ args }) => args)).toEqual([
      expect.objectContaining({ records: 1, settled: 0, failed: true, kept: 'failed' }),
    ]);
  });

  it('lets go of what is never settled, after a minute or at the stop, and says that it is not whole', async () => {
    const world = await createWorld();
    await post(world, ['a']);
    await world.clock.advance(61_000);
    const later = await eventually(world, (events) => requestsOf(events).length > 0);
    expect(requestsOf(later)[0]?.args).toMatchObject({ request: 1, records_not_settled: 1 });
    await post(world, ['a']);
    await world.tracing.stop();
    const events = await read();
    expect(requestsOf(events)).toHaveLength(2);
    expect(endOf(events)).toMatchObject({ kept_sampled: 2, kept_not_whole: 2 });
  });

  it('is bounded in memory: the oldest that need not be kept makes room', async () => {
    const world = await createWorld({ sampledPerSecond: 1, heldMax: 5 });
    for (let i = 0; i < 30; i += 1) await post(world, ['a']);
    const events = await eventually(world, (events) => lastCounter(events)['left_out'] === 25);
    expect(lastCounter(events)).toEqual({ kept: 0, left_out: 25, held: 5 });
    await world.tracing.stop();
    expect(endOf(await read())).toMatchObject({ requests: 30, left_out: 29, kept_not_whole: 1 });
  });
});

describe('the file of a trace', () => {
  it('ends at its limit: samples get half of it, what failed gets the rest', async () => {
    const bytesMax = 100_000;
    const world = await createWorld({ bytesMax, sampledPerSecond: 100_000 });
    const bytes = async (): Promise<number> => (await stat(file)).size;
    for (let i = 0; i < 1000; i += 1) await world.ask(() => Promise.resolve(answer(200)));
    await eventually(world, (events) => lastCounter(events)['kept'] !== 0);
    expect(await bytes()).toBeGreaterThan(bytesMax * 0.4);
    expect(await bytes()).toBeLessThan(bytesMax * 0.6);
    for (let i = 0; i < 1000; i += 1) await world.ask(() => Promise.resolve(answer(500)));
    await eventually(world, (events) => endOf(events) !== undefined);
    expect(await bytes()).toBeGreaterThan(bytesMax * 0.8);
    expect(await bytes()).toBeLessThanOrEqual(bytesMax);
    const events = await read();
    expect(faultsOfTrace(events)).toEqual([]);
    expect(endOf(events)).toMatchObject({ reason: 'full' });
    expect(world.telemetry.lines.map(({ message }) => message)).toContain('the trace is full and ends');
    // Everything goes on.
    expect(await world.ask(() => Promise.resolve(answer(200)))).toEqual(answer(200));
    await world.tracing.stop();
  });

  it('is given up with one warning when the disk is full, and nobody is kept from an answer', async () => {
    file = '/dev/full';
    const world = await createWorld();
    for (let i = 0; i < 3; i += 1) {
      await askFor(world, 0);
      await world.clock.advance(1000);
    }
    const warnings = () => world.telemetry.lines.filter(({ level }) => level !== 'info');
    for (let tries = 0; tries < 500 && warnings().length === 0; tries += 1) {
      await world.clock.advance(300);
      await systemClock.sleep(10);
    }
    await world.clock.advance(3000);
    expect(warnings()).toEqual([
      {
        level: 'warn',
        message: 'the trace ends: its file cannot be written',
        fields: { error: 'ENOSPC' },
      },
    ]);
    const numbers = await post(world, ['a']);
    expect(numbers).toHaveLength(1);
    await deliver(world, numbers);
    await world.tracing.stop();
  });

  it('can be read as far as it goes, wherever it breaks off', async () => {
    const world = await createWorld();
    for (let i = 0; i < 3; i += 1) await post(world, ['a']);
    await world.tracing.stop();
    const text = await readFile(file, 'utf8');
    const whole = readTrace(text);
    // As the format has it, the bracket may be missing, and so may a part of the last event.
    expect(readTrace(text.slice(0, -2))).toEqual(whole);
    const first = text.indexOf('\n');
    for (let end = text.length - 3; end > first; end -= 97) {
      const events = readTrace(text.slice(0, end));
      expect(events).toEqual(whole.slice(0, events.length));
      expect(events.length).toBeGreaterThan(0);
    }
    expect(() => readTrace('dear diary')).toThrow(SyntaxError);
    expect(() => readTrace('[')).toThrow(SyntaxError);
  });
});

describe('what is measured', () => {
  it('is every call of a port within a request, and none outside of one', async () => {
    const world = await createWorld();
    const { ports, ask } = world;
    const key = { table: 'counters', pk: 'k', sk: '' } as const;
    const range = { table: 'counters', pk: 'k', limit: 1 } as const;
    const put = { type: 'put', key, attributes: {} } as const;
    const calls = async (): Promise<HttpResponse> => {
      await ports.state.get(key);
      await ports.state.getMany([key]);
      await ports.state.query(range);
      await ports.state.write(put);
      await ports.state.writeEach([put]);
      await ports.state.transact([put]);
      await ports.schedule.set({ name: 'n', atMs: 1, input: { adId: 'a', endAtMs: 1 } });
      await ports.schedule.clear('n');
      return answer(200);
    };
    await calls();
    await ask(calls);
    await world.tracing.stop();
    const events = await read();
    expect(faultsOfTrace(events)).toEqual([]);
    expect(events.filter(isSlice).map(({ name }) => name)).toEqual([
      ...['request', 'gateway', 'state get', 'state get many', 'state query', 'state write'],
      ...['state write each', 'state transact', 'schedule set', 'schedule clear'],
    ]);
  });

  it('is a timer that fires, with the way of what it appends', async () => {
    const world = await createWorld();
    const { tracing, ports } = world;
    const expire = tracing.call('expire-ad', async () => {
      await ports.adEvents.append([{ partitionKey: 'ads', data: new Uint8Array(1) }]);
      return undefined;
    });
    const functions = {
      'expire-ad': expire,
      'sweep-ads': tracing.call('sweep-ads', () => Promise.resolve({ appended: 0 })),
    };
    const clockwork = tracing.clockwork(functions);
    await clockwork['expire-ad']({ adId: 'a', endAtMs: 1 }, {} as never);
    await clockwork['sweep-ads']({}, {} as never);
    await tracing.stop();
    const events = await read();
    expect(faultsOfTrace(events)).toEqual([]);
    expect(events.filter(isSlice).map(({ name }) => name)).toEqual([
      ...['call sweep-ads', 'fire expiry', 'call expire-ad', 'append ad-events'],
    ]);
  });

  it('has a line for each of what runs at a time', async () => {
    const world = await createWorld();
    const open = [1, 2, 3].map((i) =>
      world.ask(async () => {
        await world.clock.sleep(i * 10);
        return answer(200);
      }),
    );
    await world.clock.advance(30);
    await Promise.all(open);
    await askFor(world, 0);
    await world.tracing.stop();
    const events = await read();
    expect(faultsOfTrace(events)).toEqual([]);
    const lines = requestsOf(events).map(({ tid }) => tid);
    expect(new Set(lines.slice(0, 3)).size).toBe(3);
    // The first line is free again.
    expect(lines[3]).toBe(lines[0]);
  });

  it('passes on what a call throws, and calls it failed', async () => {
    const world = await createWorld();
    const boom = new Error('boom');
    const failing: HttpHandler = () => Promise.reject(boom);
    await expect(world.ask(failing)).rejects.toBe(boom);
    await world.tracing.stop();
    expect(requestsOf(await read())[0]?.args).toEqual({
      ...{ request: 1, error: 'Error', failed: true, kept: 'failed', rate: 1 },
    });
  });
});
