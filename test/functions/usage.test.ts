import { describe, expect, it } from '@jest/globals';
import { createIngestIncrements } from '../../functions/ingest-increments/ingest-increments.ts';
import { createQueryAds } from '../../functions/query-ads/query-ads.ts';
import { createReadCounters } from '../../functions/read-counters/read-counters.ts';
import { parseControlText } from '../../lib/app/control/control-content.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { createRedrive } from '../../lib/app/quarantine/redrive.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import { createUsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import type { AppendResult, EventLog } from '../../lib/ports/event-log.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createAdWorld } from '../support/ad-world.ts';
import { createCounterWorld, deliver, logRecords } from '../support/counter-world.ts';
import { toEvent, type Request } from '../support/proxy-event.ts';

const key0 = '\u0001usage/2026-01-01/calls/p';
const json = { 'content-type': 'application/json' };

/** What `next_cursor` is after a caller. */
const cursorOf = (principal: string): string => Buffer.from(`after:${principal}`).toString('base64url');

/** Functions that share one recorder, as in one process; `ask` answers as one of them. */
function build(more: Parameters<typeof createCounterWorld>[0] = {}) {
  const world = createCounterWorld(more);
  const usage = createUsageRecorder(world.ports);
  const deps = { ...world.ports, usage: { ...usage, flushIfDue: () => undefined } };
  const ingest = createIngestIncrements(deps);
  const read = createReadCounters(deps);
  const post = (path: string, body: unknown, request: Partial<Request> = {}) =>
    ingest(toEvent({ method: 'POST', path, body, ...request, headers: { ...json, ...request.headers } }));
  const get = async (path: string, principal?: string) => {
    const { statusCode, body } = await read(toEvent({ path, ...(principal !== undefined && { principal }) }));
    return { statusCode, body };
  };
  /** Calls and increments of the caller today. */
  const usageOf = async (principal: string): Promise<readonly [number, number]> => {
    await usage.flush();
    // Asked in its name, which is one more call, that is not written before this answer.
    const { body } = await get('/api/v1/usage?days=1', principal);
    const { days } = JSON.parse(body) as { days: readonly { calls: number; increments: number }[] };
    return [days[0]?.calls ?? -1, days[0]?.increments ?? -1];
  };
  return { ...world, usage, post, get, usageOf };
}

describe('the usage of a caller', () => {
  it('counts each call once, and each increment that was acknowledged', async () => {
    const { post, usageOf } = build();
    const increments = [
      { key: 'a', value: 5 },
      { key: 'b', value: 1 },
      { key: 'a', value: 1 },
    ];
    await post('/increment', { key: 'a', value: 9 }, { principal: 'p' });
    await post('/increment?mode=sync', { key: 'a', value: 9 }, { principal: 'p' });
    await post('/api/v1/increments', { increments }, { principal: 'p' });
    await post('/increment', { key: 'a', value: 9 }, { principal: 'q' });
    expect(await usageOf('p')).toEqual([3, 5]);
    expect(await usageOf('q')).toEqual([1, 1]);
    // Now with the two calls that asked.
    expect(await usageOf('p')).toEqual([4, 5]);
  });

  it('counts refused calls, which acknowledge nothing', async () => {
    const { post, usageOf } = build();
    const answers = [
      await post('/increment', { key: 'a', value: 0 }, { principal: 'p' }),
      await post('/increment', '{', { principal: 'p' }),
      await post(
        '/increment',
        { key: 'a', value: 1 },
        { principal: 'p', headers: { 'content-type': 'text/plain' } },
      ),
      await post('/nowhere', {}, { principal: 'p' }),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([400, 400, 415, 404]);
    expect(await usageOf('p')).toEqual([4, 0]);
  });

  it('is written although every change is refused', async () => {
    const { ports, usage, get } = build();
    const ingest = createIngestIncrements({ ...ports, usage });
    const event = toEvent({ method: 'POST', path: '/increment', headers: json, principal: 'p' });
    // No gzip comes after its first bytes.
    const broken = {
      ...event,
      body: Buffer.from([0x1f, 0x8b, 8, 0]).toString('base64'),
      isBase64Encoded: true,
    };
    expect(await ingest(broken)).toMatchObject({ statusCode: 400 });
    const { body } = await get('/api/v1/usage/callers');
    expect(JSON.parse(body)).toMatchObject({ callers: [{ principal: 'p', calls: 1 }] });
  });

  it.each(['/increment', '/increment?mode=sync'])(
    'counts a replayed %s as a call, not as an increment',
    async (path) => {
      const { post, usageOf } = build();
      const request = { principal: 'p', headers: { 'idempotency-key': 'k' } };
      const body = { key: 'a', value: 1 };
      const answers = [await post(path, body, request), await post(path, body, request)];
      expect(answers.map(({ headers }) => headers?.['Idempotent-Replayed'])).toEqual([undefined, 'true']);
      expect(await usageOf('p')).toEqual([2, 1]);
    },
  );

  it('counts the part of a batch that was logged', async () => {
    const world = createCounterWorld();
    const refusing: EventLog = {
      ...world.increments,
      stream: 'increments',
      epoch: '1',
      append: async (entries) => {
        const results = await world.increments.append(entries);
        return results.map((result, i): AppendResult =>
          entries[i]?.partitionKey.startsWith('bad') === true
            ? { status: 'refused', reason: 'throttled' }
            : result,
        );
      },
    };
    const { post, usageOf } = build({ increments: refusing });
    const increments = ['a', 'bad1', 'b', 'bad2', 'a'].map((key) => ({ key, value: 1 }));
    const { statusCode, body } = await post('/api/v1/increments', { increments }, { principal: 'p' });
    expect([statusCode, JSON.parse(body)]).toMatchObject([207, { accepted: 3 }]);
    expect(await usageOf('p')).toEqual([1, 3]);
    const none = await post('/increment', { key: 'bad', value: 1 }, { principal: 'p' });
    expect(none.statusCode).toBe(503);
    expect(await usageOf('p')).toEqual([3, 3]);
  });

  it('of callers without a token is anonymous, and IAM identities have their own', async () => {
    const { usage, ports, get } = build();
    const read = createReadCounters({ ...ports, usage: { ...usage, flushIfDue: () => undefined } });
    const signed = toEvent({ path: '/api/v1/counters?key=a' });
    Object.assign(signed.requestContext, {
      identity: { userArn: 'arn:aws:sts::1:assumed-role/reader/session-7' },
    });
    await read(signed);
    await get('/api/v1/counters?key=a');
    await usage.flush();
    const { body } = await get('/api/v1/usage/callers');
    expect(JSON.parse(body)).toEqual({
      day: '2026-01-01',
      callers: [
        { principal: 'anonymous', calls: 1, increments: 0 },
        { principal: 'arn:aws:sts::1:assumed-role/reader', calls: 1, increments: 0 },
      ],
      next_cursor: null,
    });
  });
});

describe('GET /api/v1/usage', () => {
  it('has seven days, and as many as are asked for, up to a day', async () => {
    const { get } = build();
    const days = async (query: string) => {
      const { body } = await get(`/api/v1/usage${query}`, 'p');
      const parsed = JSON.parse(body) as { principal: string; days: readonly { day: string }[] };
      expect(parsed.principal).toBe('p');
      return parsed.days.map(({ day }) => day);
    };
    const week = [
      '2025-12-26',
      '2025-12-27',
      '2025-12-28',
      '2025-12-29',
      '2025-12-30',
      '2025-12-31',
      '2026-01-01',
    ];
    expect(await days('')).toEqual(week);
    expect(await days('?days=1&to=2024-02-29')).toEqual(['2024-02-29']);
    expect(await days('?days=2&to=2000-01-01')).toEqual(['1999-12-31', '2000-01-01']);
    expect(await days('?days=31')).toHaveLength(31);
  });

  it('knows every day of four years, and of a leap century', async () => {
    const { get } = build();
    for (const year of [2024, 2025, 2100, 2400]) {
      for (let atMs = Date.UTC(year, 0, 1); atMs < Date.UTC(year + 1, 0, 1); atMs += 86_400_000) {
        const to = new Date(atMs).toISOString().slice(0, 10);
        const { body } = await get(`/api/v1/usage?days=1&to=${to}`, 'p');
        expect(JSON.parse(body)).toEqual({ principal: 'p', days: [{ day: to, calls: 0, increments: 0 }] });
      }
    }
  });

  it.each([
    ['/api/v1/usage?days=0', 'days'],
    ['/api/v1/usage?days=32', 'days'],
    ['/api/v1/usage?to=2025-02-29', 'to'],
    ['/api/v1/usage?to=20260101', 'to'],
    ['/api/v1/usage?to=2026-04-31', 'to'],
    ['/api/v1/usage?to=2026-13-01', 'to'],
    ['/api/v1/usage?to=2100-02-29', 'to'],
    ['/api/v1/usage?to=', 'to'],
    ['/api/v1/usage?to=1999-12-31', 'to'],
    ['/api/v1/usage?principal=q', 'principal'],
    ['/api/v1/usage/callers?day=today', 'day'],
    ['/api/v1/usage/callers?limit=101', 'limit'],
    ['/api/v1/usage/callers?cursor=x', 'cursor'],
  ])('refuses %s by name', async (path, name) => {
    const { get } = build();
    const { statusCode, body } = await get(path, 'p');
    expect([
      statusCode,
      (JSON.parse(body) as { errors: { path: string }[] }).errors.map((one) => one.path),
    ]).toEqual([400, [name]]);
  });

  it.each(['a'.repeat(1000), '\u00e9'.repeat(500), '\u{1f600}'.repeat(250)])(
    'goes on after a caller of 1,000 bytes: %#',
    async (principal) => {
      const { get } = build();
      expect(await get(`/api/v1/usage/callers?cursor=${cursorOf(principal)}`, 'p')).toEqual({
        statusCode: 200,
        body: '{"day":"2026-01-01","callers":[],"next_cursor":null}',
      });
    },
  );

  it.each(['a'.repeat(1001), '\u00e9'.repeat(501), '\u{1f600}'.repeat(251)])(
    'refuses a cursor after more than 1,000 bytes: %#',
    async (principal) => {
      const { get } = build();
      const { statusCode, body } = await get(`/api/v1/usage/callers?cursor=${cursorOf(principal)}`, 'p');
      expect(statusCode).toBe(400);
      expect((JSON.parse(body) as { errors: unknown }).errors).toEqual([
        { path: 'cursor', message: 'must be a next_cursor of the API' },
      ]);
    },
  );

  it('goes through all callers of a day, page by page', async () => {
    const { usage, get } = build();
    const names = ['p1', 'p2', 'p3', 'p4', 'p5'];
    for (const name of names) usage.noteCall(name);
    await usage.flush();
    const found: string[] = [];
    let cursor: string | null = '';
    for (let page = 0; page < 5 && cursor !== null; page += 1) {
      const more: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await get(`/api/v1/usage/callers?day=2026-01-01&limit=2${more}`);
      const parsed = JSON.parse(body) as { callers: { principal: string }[]; next_cursor: string | null };
      found.push(...parsed.callers.map(({ principal }) => principal));
      cursor = parsed.next_cursor;
    }
    expect([found, cursor]).toEqual([names, null]);
  });
});

describe('a deployed function', () => {
  it('writes its usage within a call, and answers though the store fails', async () => {
    const world = createAdWorld({ settings: stageSettings('local') });
    const query = withUsage(createQueryAds)(world.ports);
    const page = toEvent({ path: '/api/v1/ad?limit=1', principal: 'p' });
    expect((await query(page)).statusCode).toBe(200);
    const pk = 'counter#\u0001usage/2026-11-20/calls/p';
    expect(await world.ports.state.get({ table: 'counters', pk, sk: '' })).toMatchObject({ total: 1n });
  });
});

/** Nobody but the product names its counters. */
describe('a key that begins with U+0001', () => {
  const key = key0;

  it.each([
    ['/increment', { key, value: 1 }],
    ['/increment?mode=sync', { key, value: 1 }],
    ['/api/v1/increments', { increments: [{ key, value: 1 }] }],
  ])('is refused by POST %s', async (path, body) => {
    const { post, memoryState } = build();
    const { statusCode, body: text } = await post(path, body, { principal: 'q' });
    expect([statusCode, text]).toEqual([400, expect.stringContaining('must not contain control characters')]);
    expect(await memoryState.get({ table: 'counters', pk: `counter#${key}`, sk: '' })).toBeUndefined();
  });

  it.each([
    `/increment/${encodeURIComponent(key)}`,
    `/api/v1/counters/${encodeURIComponent(key)}`,
    `/api/v1/counters/${encodeURIComponent(key)}/series`,
    `/api/v1/counters?key=${encodeURIComponent(key)}`,
    `/api/v1/series?bucket=day&key=${encodeURIComponent(key)}`,
  ])('is refused by GET %s', async (path) => {
    const { usage, get } = build();
    usage.noteCall('p');
    await usage.flush();
    const { statusCode, body } = await get(path, 'q');
    expect([statusCode, body]).toEqual([400, expect.stringContaining('must not contain control characters')]);
  });

  it('is refused as a pinned key', () => {
    const parsed = parseControlText(JSON.stringify({ hot_keys: [{ key, lanes: 2 }] }));
    expect(parsed).toEqual({ status: 'invalid', faults: [expect.stringContaining('control characters')] });
  });

  it.each([key, '\u0001'])('is no event, also where the log holds one: %j', async (partitionKey) => {
    const { ports, memoryState, quarantine } = build();
    const event = {
      v: 1,
      type: 'Incremented',
      id: 'a'.repeat(32),
      key,
      value: '5',
      count: 1,
      keyed: false,
      at: 0,
    };
    const data = new TextEncoder().encode(JSON.stringify(event));
    await deliver(createAggregator(ports), logRecords([{ partitionKey, data, event: undefined }]));
    expect(await memoryState.get({ table: 'counters', pk: `counter#${key}`, sk: '' })).toBeUndefined();
    const { records } = await quarantine.list({ limit: 10 });
    expect(records).toHaveLength(1);
    const [record] = records;
    expect(await createRedrive(ports).redrive(record!)).toMatchObject({ status: 'refused' });
    expect(await memoryState.get({ table: 'counters', pk: `counter#${key}`, sk: '' })).toBeUndefined();
  });
});

describe('usage in lists and audits', () => {
  it('is in no list of hot keys, and no series', async () => {
    const { usage, get, memoryState } = build();
    for (let i = 0; i < 1000; i += 1) usage.noteCall('p');
    await usage.flush();
    const { body } = await get('/api/v1/hot-counters', 'p');
    expect(JSON.parse(body)).toMatchObject({ recent: { keys: [] }, all: { keys: [] } });
    for (const level of ['minute', 'hour', 'day']) {
      const pk = `series#${level}#${key0}`;
      expect((await memoryState.query({ table: 'counters', pk, limit: 1 })).items).toEqual([]);
    }
  });
});
