import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ad, json, post } from './requests.ts';
import { TwoDoors, type Ask } from '../support/two-doors.ts';

/** Each limit of a request: a request at it, one less and one more. */
interface Limit {
  readonly name: string;
  /** A request of this size. */
  readonly of: (size: number) => Ask;
  /** The status below a limit and at it. */
  readonly good: number;
  readonly min?: number;
  readonly max?: number;
  /** The status and the type of the problem beyond the limit. */
  readonly beyond: string;
  /** Only the embedded server has the limit: API Gateway has its own. */
  readonly ofServer?: true;
}

const invalid = '400 invalid-request';
const get = (target: string, ...lines: string[]): Ask => ({ target, lines });
const increment = '{"key":"k","value":1}';
const adWith = (fields: object): Ask => post('/api/v1/ad', { ...ad, ...fields });
const list = <T>(size: number, make: (index: number) => T): T[] =>
  Array.from({ length: size }, (_, i) => make(i));
const countries = 'AD AE AF AG AI AL AM AO AQ AR'.split(' ');
const bucketMs = 60_000;
/** The worlds begin at this instant. */
const nowMs = Date.parse('2026-11-20T23:00:00Z');

const limits: readonly Limit[] = [
  {
    name: 'bytes of a body',
    of: (size) => post('/increment', increment.padEnd(size)),
    good: 202,
    max: 262_144,
    beyond: '413 too-large',
  },
  {
    name: 'bytes of a body in UTF-8',
    of: (size) => post('/increment', `{"key":"é","value":1}`.padEnd(size - 1)),
    good: 202,
    max: 262_144,
    beyond: '413 too-large',
  },
  {
    name: 'bytes of a body that was compressed',
    of: (size) => post('/increment', gzipSync(increment.padEnd(size)), 'Content-Encoding: gzip'),
    good: 202,
    max: 262_144,
    beyond: '413 too-large',
  },
  {
    name: 'bytes of a body that is no text',
    of: (size) => post('/increment', Buffer.alloc(size, 0xff)),
    good: 400,
    max: 262_144,
    beyond: '413 too-large',
  },
  {
    name: 'bytes of path and query',
    of: (size) => get(`/docs?${'x'.repeat(size - 6)}`),
    good: 200,
    max: 327_680,
    beyond: '414 uri-too-long',
    ofServer: true,
  },
  {
    name: 'bytes of the header lines',
    of: (size) => get('/health', `X: ${'x'.repeat(size - 41)}`),
    good: 200,
    max: 16_384,
    beyond: '431 headers-too-large',
    ofServer: true,
  },
  {
    name: 'levels of JSON',
    of: (size) => post('/increment', '['.repeat(size) + ']'.repeat(size)),
    good: 400,
    max: 32,
    beyond: '400 malformed-json',
  },
  {
    name: 'levels of objects',
    of: (size) => post('/increment', '{"a":'.repeat(size) + '1' + '}'.repeat(size)),
    good: 400,
    max: 32,
    beyond: '400 malformed-json',
  },
  {
    name: 'characters of a counter key',
    of: (size) => post('/increment', { key: 'k'.repeat(size), value: 1 }),
    good: 202,
    min: 1,
    max: 256,
    beyond: invalid,
  },
  {
    name: 'characters of a counter key, each four bytes',
    of: (size) => post('/increment', { key: '😀'.repeat(size), value: 1 }),
    good: 202,
    min: 1,
    max: 256,
    beyond: invalid,
  },
  {
    name: 'characters of a key in a path',
    of: (size) => get(`/increment/${'k'.repeat(size)}`),
    good: 404,
    max: 256,
    beyond: invalid,
  },
  {
    name: 'characters of a key in a query',
    of: (size) => get(`/api/v1/counters?key=${'k'.repeat(size)}`),
    good: 200,
    min: 1,
    max: 256,
    beyond: invalid,
  },
  {
    name: 'value of an increment',
    of: (size) => post('/increment', `{"key":"k","value":${size}}`),
    good: 202,
    min: 1,
    beyond: invalid,
  },
  {
    name: 'increments of a batch',
    of: (size) =>
      post('/api/v1/increments', { increments: list(size, (i) => ({ key: String(i), value: 1 })) }),
    good: 202,
    min: 1,
    max: 500,
    beyond: invalid,
  },
  {
    name: 'keys of a read',
    of: (size) => get(`/api/v1/counters?${list(size, (i) => `key=${i}`).join('&')}`),
    good: 200,
    min: 1,
    max: 100,
    beyond: invalid,
  },
  {
    name: 'top',
    of: (size) => get(`/api/v1/counters?top=${size}`),
    good: 200,
    min: 1,
    max: 100,
    beyond: invalid,
  },
  {
    name: 'hot counters',
    of: (size) => get(`/api/v1/hot-counters?limit=${size}`),
    good: 200,
    min: 1,
    max: 100,
    beyond: invalid,
  },
  {
    name: 'quarantined records of a page',
    of: (size) => get(`/api/v1/quarantine?limit=${size}`),
    good: 200,
    min: 1,
    max: 50,
    beyond: invalid,
  },
  {
    name: 'redriven records',
    of: (size) =>
      post('/api/v1/quarantine/redrive', {
        ids: list(size, (i) => `increments/1/shardId-000000000000/${i + 1}`),
      }),
    good: 200,
    min: 1,
    max: 20,
    beyond: invalid,
  },
  {
    name: 'ads of a page',
    of: (size) => get(`/api/v1/ad?limit=${size}`),
    good: 200,
    min: 1,
    max: 100,
    beyond: invalid,
  },
  {
    name: 'ads of a list',
    of: (size) => get(`/api/v1/ads?limit=${size}`),
    good: 200,
    min: 1,
    max: 100,
    beyond: invalid,
  },
  {
    name: 'offset',
    of: (size) => get(`/api/v1/ad?offset=${size}`),
    good: 200,
    min: 0,
    max: 999_999_999,
    beyond: invalid,
  },
  {
    name: 'digits of a number',
    of: (size) => get(`/api/v1/ad?offset=${'1'.padStart(size, '0')}`),
    good: 200,
    max: 16,
    beyond: invalid,
  },
  {
    name: 'digits of another number',
    of: (size) => get(`/api/v1/ads?limit=${'1'.padStart(size, '0')}`),
    good: 200,
    max: 16,
    beyond: invalid,
  },
  {
    name: 'asked age',
    of: (size) => get(`/api/v1/ad?age=${size}`),
    good: 200,
    min: 1,
    max: 120,
    beyond: invalid,
  },
  {
    name: 'explained age',
    of: (size) => get(`/api/v1/ad/explain?age=${size}`),
    good: 200,
    min: 1,
    max: 120,
    beyond: invalid,
  },
  {
    name: 'characters of a country',
    of: (size) => get(`/api/v1/ad?country=${'T'.repeat(size)}`),
    good: 200,
    min: 2,
    max: 2,
    beyond: invalid,
  },
  {
    name: 'youngest age',
    of: (size) => adWith({ age_start: size }),
    good: 202,
    min: 1,
    max: 120,
    beyond: invalid,
  },
  {
    name: 'oldest age',
    of: (size) => adWith({ age_end: size }),
    good: 202,
    min: 1,
    max: 120,
    beyond: invalid,
  },
  {
    name: 'oldest age from 30',
    of: (size) => adWith({ age_start: 30, age_end: size }),
    good: 202,
    min: 30,
    beyond: invalid,
  },
  {
    name: 'characters of a title',
    of: (size) => adWith({ title: 'x'.repeat(size) }),
    good: 202,
    min: 5,
    max: 100,
    beyond: invalid,
  },
  {
    name: 'characters of a title, each four bytes',
    of: (size) => adWith({ title: '😀'.repeat(size) }),
    good: 202,
    min: 5,
    max: 100,
    beyond: invalid,
  },
  {
    name: 'characters of content',
    of: (size) => adWith({ content: 'x'.repeat(size) }),
    good: 202,
    min: 1,
    max: 10_000,
    beyond: invalid,
  },
  {
    name: 'genders',
    of: (size) => adWith({ gender: list(size, (i) => 'MF'[i % 2]) }),
    good: 202,
    min: 0,
    max: 2,
    beyond: invalid,
  },
  {
    name: 'platforms',
    of: (size) => adWith({ platform: list(size, (i) => ['android', 'ios', 'web'][i % 3]) }),
    good: 202,
    min: 0,
    max: 3,
    beyond: invalid,
  },
  {
    name: 'countries',
    of: (size) => adWith({ country: list(size, (i) => countries[i % 10]) }),
    good: 202,
    min: 0,
    max: 249,
    beyond: invalid,
  },
  {
    name: 'milliseconds from start to end',
    of: (size) =>
      adWith({
        start_at: '2036-01-01T00:00:00.000Z',
        end_at: new Date(Date.parse('2036-01-01T00:00:00Z') + size).toISOString(),
      }),
    good: 202,
    min: 1,
    beyond: invalid,
  },
  {
    name: 'milliseconds from now to the end',
    of: (size) => adWith({ start_at: '2026-01-01T00:00:00Z', end_at: new Date(nowMs + size).toISOString() }),
    good: 202,
    min: 1,
    beyond: invalid,
  },
  {
    name: 'milliseconds from 1970',
    of: (size) => adWith({ start_at: size < 0 ? '1969-12-31T23:59:59.999Z' : new Date(size).toISOString() }),
    good: 202,
    min: 0,
    beyond: invalid,
  },
  {
    name: 'characters of an Idempotency-Key',
    of: (size) => post('/increment', increment, `Idempotency-Key: ${'k'.repeat(size)}`),
    good: 202,
    min: 1,
    max: 255,
    beyond: invalid,
  },
  {
    name: 'characters of a quoted Idempotency-Key',
    of: (size) => post('/increment', increment, `Idempotency-Key: "${'k'.repeat(size)}"`),
    good: 202,
    min: 1,
    max: 255,
    beyond: invalid,
  },
  {
    name: 'tokens of a read',
    of: (size) => get('/api/v1/ads', `Consistency-Token: ${Array(size).fill('a2.local.0.none.0.0').join()}`),
    good: 200,
    min: 0,
    max: 20,
    beyond: invalid,
  },
  {
    name: 'tags of If-Match',
    of: (size) => get('/api/v1/ads', `If-Match: ${list(size, (i) => `"${i}"`).join()}`),
    good: 412,
    min: 1,
    max: 20,
    beyond: invalid,
  },
  {
    name: 'characters of If-Match',
    of: (size) => get('/api/v1/ads', `If-Match: "${'x'.repeat(size - 2)}"`),
    good: 412,
    max: 4000,
    beyond: invalid,
  },
  {
    name: 'characters of a media type',
    of: (size) => ({
      ...post('/increment', increment),
      lines: [`Content-Type: application/json;a=${'x'.repeat(size - 19)}`],
    }),
    good: 202,
    max: 500,
    beyond: '415 unsupported-media-type',
  },
  {
    name: 'minutes of a series',
    of: (size) =>
      get(
        `/api/v1/counters/none/series?bucket=minute&from=${new Date(nowMs - size * bucketMs).toISOString()}&to=${new Date(nowMs).toISOString()}`,
      ),
    good: 404,
    min: 1,
    max: 1500,
    beyond: invalid,
  },
  ...[
    [10, 1500],
    [11, 1363],
    [50, 300],
  ].map(([keys = 0, max = 0]) => ({
    name: `minutes of the series of ${keys} keys`,
    of: (size: number) => {
      const from = new Date(nowMs - size * bucketMs).toISOString();
      const names = list(keys, (i) => `&key=${i}`).join('');
      return get(`/api/v1/series?bucket=minute&from=${from}&to=${new Date(nowMs).toISOString()}${names}`);
    },
    good: 200,
    min: 1,
    max,
    beyond: invalid,
  })),
  {
    name: 'keys of series',
    of: (size) => get(`/api/v1/series?bucket=day&${list(size, (i) => `key=${i}`).join('&')}`),
    good: 200,
    min: 1,
    max: 50,
    beyond: invalid,
  },
];

/** What a preference or a header that is too long asks for is not done. */
const ignored: readonly (readonly [
  string,
  (size: number) => Ask,
  number,
  (headers: Readonly<Record<string, string>>) => boolean,
])[] = [
  [
    'Prefer',
    (size) =>
      post(
        '/api/v1/increments',
        `{"increments":[${increment}]}`,
        `Prefer: return=representation,${'x'.repeat(size - 22)}`,
      ),
    1000,
    (headers) => headers['preference-applied'] !== undefined,
  ],
  [
    'Accept',
    (size) => get('/', `Accept: text/html,${'x'.repeat(size - 10)}`),
    1000,
    (headers) => headers['content-type'] !== 'application/json',
  ],
  [
    'Accept-Encoding',
    (size) => get('/docs', `Accept-Encoding: gzip,${'x'.repeat(size - 5)}`),
    1000,
    (headers) => headers['content-encoding'] === 'gzip',
  ],
];

describe('a limit holds at it, and not one beyond it:', () => {
  let doors: TwoDoors;
  beforeAll(async () => {
    doors = await TwoDoors.open();
  });
  afterAll(() => doors.close());

  const outcome = async ({ ofServer }: Limit, ask: Ask): Promise<string> => {
    // The server refuses what is too large before a function sees it, so the two differ in their words.
    const asked =
      ofServer === true
        ? [await doors.askServer(ask)]
        : [await doors.askServer(ask), await doors.askEvents(ask)];
    const found = asked.map(({ status, text, headers }) =>
      headers['content-type'] === 'application/problem+json'
        ? `${status} ${(JSON.parse(text) as { type: string }).type.split(':').at(-1) ?? ''}`
        : String(status),
    );
    expect(new Set(found)).toEqual(new Set(found.slice(0, 1)));
    return found[0] ?? '';
  };

  it.each(limits)('$name', async (limit) => {
    const { of, good, min, max, beyond } = limit;
    const inside = [min, min && min + 1, max && max - 1, max].filter(
      (size): size is number => size !== undefined && size >= (min ?? 0) && size <= (max ?? size),
    );
    for (const size of inside) {
      const found = await outcome(limit, of(size));
      expect([size, found]).toEqual([size, expect.stringMatching(new RegExp(`^${good}`))]);
      expect(found).not.toBe(beyond);
    }
    const outside = [min !== undefined && min > 0 ? min - 1 : undefined, max && max + 1];
    for (const size of outside)
      if (size !== undefined) expect([size, await outcome(limit, of(size))]).toEqual([size, beyond]);
  });

  it.each(ignored)('characters of %s, beyond which it is ignored', async (_, of, max, isDone) => {
    for (const [size, done] of [
      [max - 1, true],
      [max, true],
      [max + 1, false],
    ] as const)
      expect([size, isDone((await doors.ask(of(size))).headers)]).toEqual([size, done]);
  });

  it('the greatest value of an increment', async () => {
    for (const [value, good] of [
      ['9007199254740990', true],
      ['9007199254740991', true],
      ['9007199254740992', false],
    ] as const)
      expect((await doors.ask(post('/increment', `{"key":"k","value":${value}}`))).status).toBe(
        good ? 202 : 400,
      );
  });

  it('the last instant', async () => {
    for (const [end, status] of [
      ['9999-12-31T23:59:59.999Z', 202],
      ['9999-12-31T23:59:59.999-00:01', 400],
    ] as const)
      expect((await doors.ask(adWith({ end_at: end }))).status).toBe(status);
  });

  it('seconds that a caller may wait', async () => {
    for (const world of doors.worlds) world.startConsumers();
    for (const [seconds, applied] of [
      [0, undefined],
      [1, 'wait=1'],
      [9, 'wait=9'],
      [10, 'wait=10'],
      [11, 'wait=10'],
    ] as const) {
      const { status, headers } = await doors.ask({
        ...post('/api/v1/ad', ad),
        lines: [json, `Prefer: wait=${seconds}`],
      });
      expect([seconds, status, headers['preference-applied']]).toEqual([
        seconds,
        seconds === 0 ? 202 : 201,
        applied,
      ]);
    }
  });

  it('errors that an answer names, and characters of the path of one', async () => {
    for (const [count, named] of [
      [49, 49],
      [50, 50],
      [51, 50],
    ] as const) {
      const fields = Object.fromEntries(list(count, (i) => [`field${i}`, 1]));
      const { text } = await doors.ask(post('/increment', { key: 'k', value: 1, ...fields }));
      const { errors, detail } = JSON.parse(text) as { errors: unknown[]; detail: string };
      expect(errors).toHaveLength(named);
      expect(detail).toBe(
        count > named
          ? `${count} invalid fields; the first ${named} are in errors.`
          : `${count} invalid fields; see errors.`,
      );
    }
    for (const [length, path] of [
      [99, 'x'.repeat(99)],
      [100, 'x'.repeat(100)],
      [101, `${'x'.repeat(100)}…`],
    ] as const) {
      const { text } = await doors.ask(post('/increment', { key: 'k', value: 1, ['x'.repeat(length)]: 1 }));
      expect(JSON.parse(text)).toMatchObject({
        detail: '1 invalid field; see errors.',
        errors: [{ path, message: 'is not known' }],
      });
    }
  });

  it('bytes of an answer from which on it is compressed', async () => {
    // A refusal names each field, up to 100 characters of it: eight long names, and one of the length that is left.
    const answerOf = (length: number, ...lines: string[]) => {
      const names = [...list(8, (i) => `${i}${'y'.repeat(60)}`), 'z'.repeat(length)];
      const fields = Object.fromEntries(names.map((name) => [name, 1]));
      return doors.ask(post('/increment', { key: 'k', value: 1, ...fields }, ...lines));
    };
    const room = 1024 - (await answerOf(1)).text.length + 1;
    expect([room > 1, room < 100]).toEqual([true, true]);
    for (const [bytes, coding] of [
      [1023, undefined],
      [1024, 'gzip'],
      [1025, 'gzip'],
    ] as const) {
      const plain = await answerOf(room + bytes - 1024);
      const { headers } = await answerOf(room + bytes - 1024, 'Accept-Encoding: gzip');
      expect([plain.text.length, headers['content-encoding']]).toEqual([bytes, coding]);
    }
  });
});
