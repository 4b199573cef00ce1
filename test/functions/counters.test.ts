import { hashPosition } from '../../lib/adapters/records/partition-hash.ts';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { createMemoryEventLog } from '../support/memory/memory-event-log.ts';
import type { AppendResult, EventLog } from '../../lib/ports/event-log.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { createHttpWorld, type HttpWorld, type Reply } from '../support/http-world.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

describe('Counters over HTTP', () => {
  let world: HttpWorld;
  beforeEach(() => {
    world = createHttpWorld();
    world.startConsumers();
  });

  const token = (reply: Reply): string => reply.headers['Consistency-Token'] ?? '';

  it('counts an increment, and a read with its token shows it', async () => {
    const reply = await world.post('/increment', { key: 'views', value: 3 });
    expect(reply).toMatchObject({ status: 202, json: {} });
    const presented = { 'consistency-token': token(reply) };
    expect((await world.get('/increment/views', presented)).json).toStrictEqual({ views: 3 });
    const counter = (await world.get('/api/v1/counters/views', presented)).json;
    expect(counter).toMatchObject({ key: 'views', value: 3 });
    expect((counter as { updated_at: string }).updated_at).toMatch(/^2026-11-20T23:00:0\d\.\d{3}Z$/);
  });

  it.each(['a/b', '100%', 'a+b', 'a b', 'ü😀', '?#&=', '..', '%2F', '__proto__', '"quoted"', 'b\u00e9'])(
    'keeps the key %s through every call',
    async (key) => {
      const path = encodeURIComponent(key).replaceAll('.', '%2E');
      const sync = await world.post('/increment?mode=sync', { key, value: 1 });
      expect(sync.text).toBe(`{${JSON.stringify(key)}:1}`);
      const many = await world.post('/api/v1/increments', { increments: [{ key, value: 2 }] });
      const presented = { 'consistency-token': token(many) };
      expect((await world.get(`/increment/${path}`, presented)).text).toBe(`{${JSON.stringify(key)}:3}`);
      expect((await world.get(`/api/v1/counters/${path}`)).json).toMatchObject({ key, value: 3 });
      const list = await world.get(`/api/v1/counters?key=nobody&key=${path}`);
      expect(list.json).toMatchObject({ counters: [{ key, value: 3 }] });
    },
  );

  it('keeps a bare + of a path', async () => {
    await world.post('/increment?mode=sync', { key: 'a+b', value: 1 });
    expect((await world.get('/increment/a+b')).status).toBe(200);
    expect((await world.get('/api/v1/counters?key=a+b')).json).toStrictEqual({ counters: [] });
  });

  it('writes totals beyond 2^53 digit for digit', async () => {
    await world.post('/increment?mode=sync', { key: 'k', value: Number.MAX_SAFE_INTEGER });
    const reply = await world.post('/increment?mode=sync', { key: 'k', value: 2 });
    expect(reply.text).toBe('{"k":9007199254740993}');
    expect((await world.get('/increment/k')).text).toBe('{"k":9007199254740993}');
    expect((await world.get('/api/v1/counters/k')).text).toContain('"value":9007199254740993,');
    expect((await world.get('/api/v1/counters?key=k')).text).toContain('"value":9007199254740993,');
  });

  it('answers 404 for a counter that is not there', async () => {
    for (const path of ['/increment/nobody', '/api/v1/counters/nobody']) {
      expect((await world.get(path)).status).toBe(404);
    }
  });

  it('answers 204 in sync mode to who wants no total, and says so', async () => {
    const minimal = { prefer: 'return=minimal', 'idempotency-key': 'request-1' };
    const first = await world.post('/increment?mode=sync', { key: 'k', value: 5 }, minimal);
    expect(first).toMatchObject({ status: 204, text: '' });
    expect(first.headers['Preference-Applied']).toBe('return=minimal');
    expect(first.headers).not.toHaveProperty('Content-Type');
    const again = await world.post('/increment?mode=sync', { key: 'k', value: 5 }, minimal);
    expect(again).toMatchObject({ status: 204, text: '', headers: { 'Idempotent-Replayed': 'true' } });
    for (const prefer of [
      'return=representation',
      'wait=3',
      'return=minimal;x, return=representation',
      'x',
    ]) {
      const reply = await world.post('/increment?mode=sync', { key: prefer, value: 1 }, { prefer });
      const isMinimal = prefer.startsWith('return=minimal');
      expect(reply.status).toBe(isMinimal ? 204 : 200);
      expect(reply.headers['Preference-Applied']).toBe(isMinimal ? 'return=minimal' : undefined);
    }
    const logged = await world.post('/increment', { key: 'k', value: 1 }, { prefer: 'return=minimal' });
    expect(logged).toMatchObject({ status: 202, text: '{}' });
    expect(logged.headers).not.toHaveProperty('Preference-Applied');
    const presented = { 'consistency-token': token(logged) };
    expect((await world.get('/increment/k', presented)).json).toStrictEqual({ k: 6 });
  });

  it('counts as the stage says if the request does not', async () => {
    const local = stageSettings('local');
    const settings = { ...local, counters: { ...local.counters, defaultMode: 'sync' as const } };
    const sync = createHttpWorld({ settings });
    expect(await sync.post('/increment', { key: 'k', value: 2 })).toMatchObject({
      status: 200,
      json: { k: 2 },
    });
    expect(await sync.post('/increment?mode=sync', { key: 'k', value: 2 })).toMatchObject({ json: { k: 4 } });
    expect(await sync.logged()).toBe(0);
    expect(await sync.post('/increment?mode=eventual', { key: 'k', value: 2 })).toMatchObject({
      status: 202,
    });
    // A batch has no mode: it goes through the log.
    const many = await sync.post('/api/v1/increments', { increments: [{ key: 'k', value: 2 }] });
    expect(many.status).toBe(202);
    expect(await sync.logged()).toBe(2);
  });

  it.each(['/increment', '/increment?mode=sync'])('counts a repeated request to %s once', async (path) => {
    const keyed = { 'idempotency-key': 'request-1' };
    const first = await world.post(path, { key: 'k', value: 5 }, keyed);
    const again = await world.post(path, { key: 'k', value: 5 }, keyed);
    expect(again.text).toBe(first.text);
    expect(again.headers).toMatchObject({ ...first.headers, 'Idempotent-Replayed': 'true' });
    expect((await world.post(path, { key: 'k', value: 6 }, keyed)).status).toBe(422);
    const presented = { 'consistency-token': token(await world.post('/increment', { key: 'k', value: 1 })) };
    expect((await world.get('/increment/k', presented)).json).toStrictEqual({ k: 6 });
  });

  it.each(['/increment', '/increment?mode=sync', '/api/v1/increments'])(
    'counts once what was done but not answered, when it is sent again to %s',
    async (path) => {
      const memory = createMemoryStateStore();
      let failures = 1;
      const write = memory.write.bind(memory);
      const state: StateStore = Object.assign(memory, {
        write: (action: Parameters<StateStore['write']>[0]) => {
          const isAnswer = action.type === 'put' && action.attributes.state === 'done';
          if (isAnswer && failures-- > 0) throw new StateStoreError('state-unavailable', 'cut off');
          return write(action);
        },
      });
      world = createHttpWorld({ state });
      world.startConsumers();
      const keyed = { 'idempotency-key': 'request-1' };
      const one = { key: 'k', value: 5 };
      const body = path.endsWith('increments') ? { increments: [one] } : one;
      expect((await world.post(path, body, keyed)).status).toBe(503);
      expect((await world.post(path, body, keyed)).status).toBeLessThan(300);
      const marker = await world.post('/increment', { key: 'k', value: 1 });
      const read = await world.get('/increment/k', { 'consistency-token': token(marker) });
      expect(read.json).toStrictEqual({ k: 6 });
    },
  );

  it('takes mode=sync and another mode under one key for different requests', async () => {
    const keyed = { 'idempotency-key': 'request-1' };
    await world.post('/increment', { key: 'k', value: 5 }, keyed);
    expect((await world.post('/increment?mode=sync', { key: 'k', value: 5 }, keyed)).status).toBe(422);
  });

  describe('a batch', () => {
    const batch = (keys: number): object => ({
      increments: Array.from({ length: keys * 2 }, (_, i) => ({ key: `k${i % keys}`, value: 1 })),
    });

    it('hands out a token per key in the header, of few keys', async () => {
      const reply = await world.post('/api/v1/increments', batch(10));
      expect(reply.text).toBe('{"accepted":20}');
      const presented = { 'consistency-token': token(reply) };
      const keys = Array.from({ length: 10 }, (_, i) => `key=k${i}`).join('&');
      const read = await world.get(`/api/v1/counters?${keys}`, presented);
      const { counters } = read.json as { counters: { value: number }[] };
      expect(counters.map(({ value }) => value)).toStrictEqual(Array(10).fill(2));
    });

    it.each([
      ['many keys', batch(11)],
      [
        'long keys',
        { increments: Array.from({ length: 5 }, (_, i) => ({ key: `${i}${'ü'.repeat(255)}`, value: 1 })) },
      ],
    ])('hands out no token in the header, of %s', async (_name, body) => {
      const reply = await world.post('/api/v1/increments', body);
      expect(reply.status).toBe(202);
      expect(reply.headers['Consistency-Token']).toBeUndefined();
    });

    it('hands out all tokens in the body when asked to', async () => {
      const body = {
        increments: [
          { key: '__proto__', value: 1 },
          ...(batch(11) as never as { increments: object[] }).increments,
        ],
      };
      const reply = await world.post('/api/v1/increments', body, { Prefer: 'return=representation' });
      expect(reply.headers['Preference-Applied']).toBe('return=representation');
      const { accepted, tokens } = reply.json as { accepted: number; tokens: Record<string, string> };
      expect(accepted).toBe(23);
      expect(Object.keys(tokens)).toHaveLength(12);
      const presented = { 'consistency-token': Object.values(tokens).join(',') };
      expect((await world.get('/api/v1/counters?key=__proto__&key=k3', presented)).json).toMatchObject({
        counters: [{ value: 1 }, { key: 'k3', value: 2 }],
      });
    });

    /** Of every append, the entries whose key the test names fail. */
    function failingFor(keys: readonly string[], failure: AppendResult): EventLog {
      const clock = createVirtualClock();
      const memory = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 1, clock });
      return Object.assign(Object.create(memory) as EventLog, {
        stream: 'increments',
        epoch: '1',
        hashPosition,
        append: async (entries: Parameters<EventLog['append']>[0]): Promise<AppendResult[]> => {
          const results = entries.map(async (entry): Promise<AppendResult> => {
            if (keys.includes(entry.partitionKey)) return failure;
            const [result] = await memory.append([entry]);
            return result ?? failure;
          });
          return Promise.all(results);
        },
      });
    }
    const unknown = { status: 'unknown', reason: 'timed out' } as const;

    it('names what the log did not take with 207, and stores no such answer', async () => {
      world = createHttpWorld({ increments: failingFor(['b'], unknown) });
      const body = { increments: ['a', 'b', 'c', 'b'].map((key) => ({ key, value: 1 })) };
      const keyed = { 'idempotency-key': 'k', prefer: 'return=representation' };
      for (let i = 0; i < 2; i += 1) {
        const reply = await world.post('/api/v1/increments', body, keyed);
        expect(reply.status).toBe(207);
        expect(reply.headers['Idempotent-Replayed']).toBeUndefined();
        const { accepted, failed, tokens } = reply.json as Record<string, unknown>;
        expect(accepted).toBe(2);
        expect(failed).toStrictEqual([
          { index: 1, ambiguous: true },
          { index: 3, ambiguous: true },
        ]);
        expect(Object.keys(tokens as object)).toStrictEqual(['a', 'c']);
      }
    });

    it.each(['/increment', '/api/v1/increments'])(
      'answers 503 when the log takes nothing: %s',
      async (path) => {
        world = createHttpWorld({ increments: failingFor(['a'], unknown) });
        const one = { key: 'a', value: 1 };
        const reply = await world.post(path, path === '/increment' ? one : { increments: [one] });
        expect(reply.status).toBe(503);
        expect(reply.headers['Retry-After']).toBe('1');
        expect((reply.json as { detail: string }).detail).toContain('may or may not');
      },
    );
  });

  it.each(['state-throttled', 'state-unavailable', 'state-full'] as const)(
    'answers 503 for %s',
    async (code) => {
      const fail = (): Promise<never> => Promise.reject(new StateStoreError(code, code));
      const state: StateStore = {
        ...{
          get: fail,
          getMany: fail,
          query: fail,
          write: fail,
          writeEach: fail,
          transact: fail,
          transactEach: fail,
        },
      };
      world = createHttpWorld({ state });
      for (const reply of [
        await world.get('/increment/k'),
        await world.post('/increment?mode=sync', { key: 'k', value: 1 }),
        await world.post('/increment', { key: 'k', value: 1 }, { 'idempotency-key': 'k' }),
      ]) {
        expect(reply.status).toBe(503);
        expect(reply.headers['Retry-After']).toBe('1');
      }
      expect(await world.logged()).toBe(0);
      expect((await world.post('/increment', { key: 'k', value: 1 })).status).toBe(202);
    },
  );

  it('answers 503 to a token that is not met in time', async () => {
    const idle = createHttpWorld();
    const presented = { 'consistency-token': token(await idle.post('/increment', { key: 'k', value: 1 })) };
    expect((await idle.get('/increment/k')).status).toBe(404);
    const reply = await idle.get('/increment/k', presented);
    expect(reply.json).toMatchObject({ status: 503, type: 'urn:adtally:problem:not-caught-up' });
  });
});
