import { beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import type { Request } from '../support/proxy-event.ts';
import { stageSettings } from '../../lib/stages.ts';

const id = '019aa3d0-0000-7000-8000-000000000000';
const json = { 'content-type': 'application/json' };

const ad = {
  title: 'Five!',
  content: 'Something worth it.',
  start_at: '2026-11-21T00:00:00Z',
  end_at: '2026-11-22T00:00:00Z',
};

interface Row {
  readonly name: string;
  readonly request: Request;
  readonly status: number;
  /** Paths in `errors`, in order. */
  readonly paths?: readonly string[];
}

const post = (path: string, body: unknown, headers: Request['headers'] = {}): Request => ({
  method: 'POST',
  path,
  body,
  headers: { ...json, ...headers },
});
const badAd = (name: string, change: unknown, ...paths: string[]): Row => ({
  name: `an ad with ${name}`,
  request: post('/api/v1/ad', typeof change === 'string' ? change : { ...ad, ...(change as object) }),
  status: 400,
  paths,
});
const badPatch = (name: string, body: unknown, ...paths: string[]): Row => ({
  name: `a patch with ${name}`,
  request: { method: 'PATCH', path: `/api/v1/ad/${id}`, body, headers: json },
  status: 400,
  paths,
});
const badIncrement = (name: string, body: unknown, ...paths: string[]): Row => ({
  name: `an increment with ${name}`,
  request: post('/increment', body),
  status: 400,
  paths,
});
const badQuery = (path: string, ...paths: string[]): Row => ({
  name: `GET ${path}`,
  request: { path },
  status: 400,
  paths,
});

const rows: readonly Row[] = [
  badAd('no field at all', '{}', 'title', 'content', 'start_at', 'end_at'),
  badAd('an array for a body', '[]', ''),
  badAd('null for a body', 'null', ''),
  badAd('a text for a body', '"ad"', ''),
  badAd('a number for a body', '7', ''),
  badAd('no body', '', ''),
  badAd('a body of spaces', '  \n', ''),
  badAd('half a body', '{"title":', ''),
  badAd('a trailing comma', '{"title":"Five!",}', ''),
  badAd('two byte order marks', '\ufeff\ufeff{}', ''),
  badAd('NaN', '{"age_start":NaN}', ''),
  badAd('single quotes', "{'title':'Five!'}", ''),
  badAd('deep nesting', `{"title":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, ''),
  badAd('a number for a title', { title: 5 }, 'title'),
  badAd('null for a title', { title: null }, 'title'),
  badAd('a short title', { title: 'Four' }, 'title'),
  badAd('a title of four code points in eight units', { title: '😀😀😀😀' }, 'title'),
  badAd('a long title', { title: 'x'.repeat(101) }, 'title'),
  badAd('a control character in the title', { title: 'Five!\u0000' }, 'title'),
  badAd('a lone carriage return in the content', { content: 'a\rb' }, 'content'),
  badAd('a C1 control character in the content', { content: 'a\u0085b' }, 'content'),
  badAd('empty content', { content: '' }, 'content'),
  badAd('long content', { content: 'x'.repeat(10_001) }, 'content'),
  badAd('a lone surrogate', JSON.stringify(ad).replace('Five!', 'Five! \\ud83d'), 'title'),
  badAd('a lone low surrogate', JSON.stringify(ad).replace('Five!', 'Five! \\ude00 and more'), 'title'),
  badAd('an unknown field', { colour: 3 }, 'colour'),
  badAd('a __proto__ member', `{"__proto__":{"title":"Five!"},${JSON.stringify(ad).slice(1)}`, '__proto__'),
  badAd('a constructor member', `{"constructor":1,${JSON.stringify(ad).slice(1)}`, 'constructor'),
  badAd('a field twice', `{"title":"Other",${JSON.stringify(ad).slice(1)}`, 'title'),
  badAd('an escaped field twice', `{"t\\u0069tle":"Other",${JSON.stringify(ad).slice(1)}`, 'title'),
  badAd('an id of its own', { id }, 'id'),
  badAd('a number for a time', { start_at: 1_764_000_000 }, 'start_at'),
  badAd('an impossible date', { start_at: '2026-02-30T00:00:00Z' }, 'start_at'),
  badAd('a leap second', { end_at: '2026-12-31T23:59:60Z' }, 'end_at'),
  badAd('hour 24', { end_at: '2026-12-31T24:00:00Z' }, 'end_at'),
  badAd('no offset', { end_at: '2026-12-31T20:00:00' }, 'end_at'),
  badAd('the year 10000', { end_at: '9999-12-31T23:59:59-01:00' }, 'end_at'),
  badAd('an end before its start', { end_at: '2026-11-20T23:59:59Z' }, 'end_at'),
  badAd('an end at its start', { end_at: ad.start_at }, 'end_at'),
  badAd('an end in the past', { start_at: '2026-11-01T00:00:00Z', end_at: '2026-11-20T00:00:00Z' }, 'end_at'),
  badAd(
    'an end in the past, which is found out once the rest is right',
    { title: '', start_at: '2026-11-01T00:00:00Z', end_at: '2026-11-20T00:00:00Z' },
    'title',
  ),
  badAd('age 0', { age_start: 0 }, 'age_start'),
  badAd('age 121', { age_end: 121 }, 'age_end'),
  badAd('half an age', { age_start: 20.5 }, 'age_start'),
  badAd('a text for an age', { age_start: '20' }, 'age_start'),
  badAd(
    'an age that rounds to an integer',
    `${JSON.stringify(ad).slice(0, -1)},"age_end":20.00000000000000000001}`,
    'age_end',
  ),
  badAd('ages the wrong way round', { age_start: 30, age_end: 29 }, 'age_end'),
  badAd('an unknown gender', { gender: ['F', 'X'] }, 'gender.1'),
  badAd('a text for genders', { gender: 'F' }, 'gender'),
  badAd('too many genders', { gender: ['F', 'M', 'F'] }, 'gender'),
  badAd('a country in lower case', { country: ['tw'] }, 'country.0'),
  badAd('a country that is not assigned', { country: ['XK'] }, 'country.0'),
  badAd('null for a country', { country: [null] }, 'country.0'),
  badAd('an unknown platform', { platform: ['windows'] }, 'platform.0'),
  badAd(
    'many faults',
    { title: 1, end_at: '2026-11-20T00:00:00Z', age_start: 9, age_end: 8, gender: ['?'], color: 'red' },
    'title',
    'gender.0',
    'color',
    'end_at',
    'age_end',
  ),
  badPatch('null for a required field', { title: null, end_at: null }, 'title', 'end_at'),
  badPatch('an unknown field', { version: 3 }, 'version'),
  badPatch('an end before its start', { start_at: ad.end_at, end_at: ad.start_at }, 'end_at'),
  badPatch('an array for a body', [], ''),
  badIncrement('no field', {}, 'key', 'value'),
  badIncrement('an empty key', { key: '', value: 1 }, 'key'),
  badIncrement('a key of 257 characters', { key: 'k'.repeat(257), value: 1 }, 'key'),
  badIncrement('a line break in the key', { key: 'a\nb', value: 1 }, 'key'),
  badIncrement('a lone surrogate in the key', '{"key":"a\\ud800","value":1}', 'key'),
  badIncrement('a number for a key', { key: 1, value: 1 }, 'key'),
  badIncrement('value 0', { key: 'k', value: 0 }, 'value'),
  badIncrement('value -1', { key: 'k', value: -1 }, 'value'),
  badIncrement('value -0', '{"key":"k","value":-0}', 'value'),
  badIncrement('value 1.5', { key: 'k', value: 1.5 }, 'value'),
  badIncrement('a value in quotes', { key: 'k', value: '1' }, 'value'),
  badIncrement('value true', { key: 'k', value: true }, 'value'),
  badIncrement('value 1e400', '{"key":"k","value":1e400}', 'value'),
  badIncrement('value 2^53', '{"key":"k","value":9007199254740992}', 'value'),
  badIncrement('value 2^53 - 0.6', '{"key":"k","value":9007199254740991.4}', 'value'),
  badIncrement('a value just under 1', '{"key":"k","value":0.99999999999999999999}', 'value'),
  badIncrement('a value with a huge exponent', '{"key":"k","value":1e999999999}', 'value'),
  badIncrement('value 0.0', '{"key":"k","value":0.0}', 'value'),
  badIncrement('the value twice', '{"key":"k","value":1,"value":2}', 'value'),
  badIncrement('an unknown field', { key: 'k', value: 1, at: 0 }, 'at'),
  {
    name: 'an unknown mode',
    request: post('/increment?mode=fast', { key: 'k', value: 1 }),
    status: 400,
    paths: ['mode'],
  },
  {
    name: 'the mode twice',
    request: post('/increment?mode=sync&mode=sync', { key: 'k', value: 1 }),
    status: 400,
    paths: ['mode'],
  },
  {
    name: 'an unknown parameter of a write',
    request: post('/increment?dry=1', { key: 'k', value: 1 }),
    status: 400,
    paths: ['dry'],
  },
  {
    name: 'an empty batch',
    request: post('/api/v1/increments', { increments: [] }),
    status: 400,
    paths: ['increments'],
  },
  {
    name: 'a batch of 501',
    request: post('/api/v1/increments', { increments: Array(501).fill({ key: 'k', value: 1 }) }),
    status: 400,
    paths: ['increments'],
  },
  {
    name: 'a batch with faulty increments among good ones',
    request: post(
      '/api/v1/increments',
      '{"increments":[{"key":"a","value":1},{"key":"","value":1e400},{"key":"b","value":1,"x":0},{"key":"c","key":"d","value":1}]}',
    ),
    status: 400,
    paths: ['increments.3.key'],
  },
  {
    name: 'a batch with faulty increments of other kinds',
    request: post(
      '/api/v1/increments',
      '{"increments":[{"key":"a","value":1},{"key":"","value":1e400},{"key":"b","value":1,"x":0},null]}',
    ),
    status: 400,
    paths: ['increments.1.key', 'increments.1.value', 'increments.2.x', 'increments.3'],
  },
  {
    name: 'an empty Idempotency-Key',
    request: post('/increment', { key: 'k', value: 1 }, { 'idempotency-key': '' }),
    status: 400,
    paths: ['Idempotency-Key'],
  },
  {
    name: 'an Idempotency-Key with a space, and a faulty body',
    request: post('/increment', { key: 'k', value: 0 }, { 'Idempotency-Key': 'a b' }),
    status: 400,
    paths: ['Idempotency-Key', 'value'],
  },
  {
    name: 'an Idempotency-Key of 256 characters',
    request: post('/api/v1/ad', ad, { 'idempotency-key': 'k'.repeat(256) }),
    status: 400,
    paths: ['Idempotency-Key'],
  },
  {
    name: 'two Idempotency-Keys',
    request: post('/api/v1/ad', ad, { 'idempotency-key': ['a', 'b'] }),
    status: 400,
    paths: ['Idempotency-Key'],
  },
  {
    name: 'a malformed If-Match',
    request: { method: 'DELETE', path: `/api/v1/ad/${id}`, headers: { 'if-match': '17' } },
    status: 400,
    paths: ['If-Match'],
  },
  {
    name: 'a malformed If-Match on a faulty patch of a faulty id',
    request: {
      method: 'PATCH',
      path: '/api/v1/ad/17',
      headers: { ...json, 'if-match': '"1", 2' },
      body: { title: 1 },
    },
    status: 400,
    paths: ['id', 'If-Match', 'title'],
  },
  { name: 'an ad id that is no UUID', request: { path: '/api/v1/ad/17' }, status: 400, paths: ['id'] },
  {
    name: 'a path that is no percent-encoding',
    request: { path: '/increment/100%' },
    status: 400,
    paths: ['key'],
  },
  { name: 'a path that is not UTF-8', request: { path: '/increment/%ff' }, status: 400, paths: ['key'] },
  {
    name: 'a control character in a path',
    request: { path: '/api/v1/counters/a%0Ab' },
    status: 400,
    paths: ['key'],
  },
  {
    name: 'a token of somebody else',
    request: { path: '/increment/k', headers: { 'consistency-token': 'x' } },
    status: 400,
    paths: ['Consistency-Token'],
  },
  {
    name: 'a token of another stage',
    request: { path: '/api/v1/ad', headers: { 'consistency-token': 'a2.prod.1.shardId-0.1.1' } },
    status: 400,
    paths: ['Consistency-Token'],
  },
  {
    name: 'too many tokens',
    request: {
      path: '/api/v1/ad',
      headers: { 'consistency-token': Array(21).fill('a2.local.1.shardId-0.1.1').join(',') },
    },
    status: 400,
    paths: ['Consistency-Token'],
  },
  badQuery('/api/v1/ad?age=', 'age'),
  badQuery('/api/v1/ad?age=20&age=20', 'age'),
  badQuery('/api/v1/ad?age=0', 'age'),
  badQuery('/api/v1/ad?age=121', 'age'),
  badQuery('/api/v1/ad?age=%2B20', 'age'),
  badQuery('/api/v1/ad?age=2e1', 'age'),
  badQuery('/api/v1/ad?age=20.0', 'age'),
  badQuery('/api/v1/ad?age=%D9%A2', 'age'),
  badQuery('/api/v1/ad?age=0x14&country=tw&gender=f&platform=IOS', 'age', 'country', 'gender', 'platform'),
  badQuery('/api/v1/ad?offset=-1&limit=0', 'offset', 'limit'),
  badQuery('/api/v1/ad?offset=1e3&limit=101', 'offset', 'limit'),
  badQuery('/api/v1/ad?limit=99999999999999999999', 'limit'),
  badQuery('/api/v1/ad?Age=20&sort=end', 'Age', 'sort'),
  badQuery('/api/v1/ad?__proto__=1', '__proto__'),
  badQuery('/api/v1/ads?limit=0&cursor=%2F', 'cursor', 'limit'),
  badQuery('/api/v1/ads?cursor=', 'cursor'),
  badQuery('/api/v1/counters', 'key'),
  badQuery('/api/v1/counters?key=', 'key'),
  badQuery('/api/v1/counters?key=a&key=a', 'key'),
  badQuery('/api/v1/counters?key=a&k=b', 'k'),
  badQuery(`/api/v1/counters?${Array.from({ length: 101 }, (_, i) => `key=${i}`).join('&')}`, 'key'),
  badQuery('/increment/k?mode=sync', 'mode'),
  badQuery('/api/v1/stats?verbose=1', 'verbose'),
  badQuery('/api/v1/hot-counters?limit=101&top=3', 'limit', 'top'),
  {
    name: 'a form',
    request: post('/increment', 'key=k&value=1', { 'content-type': 'application/x-www-form-urlencoded' }),
    status: 415,
  },
  {
    name: 'no content type',
    request: { method: 'POST', path: '/increment', body: '{"key":"k","value":1}' },
    status: 415,
  },
  {
    name: 'a malformed parameter of the media type',
    request: post('/increment', { key: 'k', value: 1 }, { 'content-type': 'application/json; charset' }),
    status: 415,
  },
  {
    name: 'two content types',
    request: post(
      '/increment',
      { key: 'k', value: 1 },
      { 'content-type': ['application/json', 'text/plain'] },
    ),
    status: 415,
  },
  {
    name: 'a merge patch that creates',
    request: post('/api/v1/ad', ad, { 'content-type': 'application/merge-patch+json' }),
    status: 415,
  },
  { name: 'a body over 256 KiB', request: post('/increment', `"${'x'.repeat(262_143)}"`), status: 413 },
  {
    name: 'a body over 256 KiB in two-byte characters',
    request: post('/increment', 'é'.repeat(131_073)),
    status: 413,
  },
  { name: 'a body over 256 KiB in bytes', request: post('/increment', new Uint8Array(262_145)), status: 413 },
  {
    name: 'too much of the wrong type to nowhere',
    request: { method: 'PUT', path: '/nowhere', body: 'x'.repeat(262_145) },
    status: 413,
  },
  { name: 'an unknown route', request: { path: '/api/v2/ad' }, status: 404 },
  { name: 'an unknown route with a known method', request: post('/increments', {}), status: 404 },
  {
    name: 'an unknown method',
    request: { method: 'PUT', path: '/api/v1/ad', body: ad, headers: json },
    status: 405,
  },
  { name: 'a method of another path', request: { method: 'DELETE', path: '/api/v1/ads' }, status: 405 },
];

describe('Bad input changes nothing and is told every fault', () => {
  let world: HttpWorld;
  beforeEach(() => {
    world = createHttpWorld();
  });

  // Covers API3.1 (docs/security.md).
  it.each(rows)('$name: $status', async ({ request, status, paths }) => {
    const reply = await world.send(request);
    expect(reply.status).toBe(status);
    const { errors } = reply.json as { errors: { path: string }[] };
    if (paths !== undefined) expect(errors.map(({ path }) => path)).toStrictEqual(paths);
    expect(await world.logged()).toBe(0);
    expect(world.telemetry.lines).toStrictEqual([]);
  });

  it.each<[unknown, readonly string[]]>([
    [{}, ['title is missing', 'content is missing', 'start_at is missing', 'end_at is missing']],
    [{ ...ad, end_at: 2082758400 }, ['end_at must be text such as 2026-01-31T09:30:00Z']],
    [
      { ...ad, start_at: 4_000_000_000_000, age_start: 30.5, age_end: 3 },
      [
        'start_at must be text such as 2026-01-31T09:30:00Z',
        'age_start must be a whole number from 1 to 120',
      ],
    ],
    [{ ...ad, title: null, content: 7 }, ['title must be text', 'content must be text']],
    [
      { ...ad, end_at: ad.start_at, age_start: 3, age_end: 2 },
      ['end_at must be after start_at', 'age_end must not be below age_start'],
    ],
  ])('says what is wrong with the ad %j, once for each field', async (body, faults) => {
    const { json } = await world.post('/api/v1/ad', body);
    const { errors } = json as { errors: { path: string; message: string }[] };
    expect(errors.map(({ path, message }) => `${path} ${message}`)).toStrictEqual(faults);
  });

  it('says which member of which entry is missing', async () => {
    const sound = { key: 'k', value: 1 };
    const { json } = await world.post('/api/v1/increments', { increments: [sound, {}, sound, { key: 'k' }] });
    const { errors } = json as { errors: unknown };
    expect(errors).toStrictEqual([
      { path: 'increments.1.key', message: 'is missing' },
      { path: 'increments.1.value', message: 'is missing' },
      { path: 'increments.3.value', message: 'is missing' },
    ]);
  });

  it('refuses a body that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('{"key":"'), Buffer.from([0xff]), Buffer.from('","value":1}')]);
    const reply = await world.post('/increment', new Uint8Array(bytes));
    expect(reply.status).toBe(400);
    expect(reply.json).toMatchObject({ errors: [{ path: '' }] });
    expect(await world.logged()).toBe(0);
  });

  it('names 50 of more faults, and says how many there are', async () => {
    const increments = Array(200).fill({ key: 'k', value: 0 });
    const reply = await world.post('/api/v1/increments', { increments });
    const { errors, detail } = reply.json as { errors: unknown[]; detail: string };
    expect(errors).toHaveLength(50);
    expect(detail).toContain('200 invalid fields');
  });

  // Covers API3.2 (docs/security.md).
  it('shortens the name of a huge unknown field', async () => {
    const reply = await world.post('/increment', { key: 'k', value: 1, ['x'.repeat(100_000)]: 1 });
    expect(reply.status).toBe(400);
    expect(reply.text.length).toBeLessThan(1000);
  });

  it('demands UUIDs of a stage that does', async () => {
    const settings = {
      ...stageSettings('local'),
      counters: { ...stageSettings('local').counters, keyFormat: 'uuid' as const },
    };
    const strict = createHttpWorld({ settings });
    for (const reply of [
      await strict.post('/increment', { key: 'k', value: 1 }),
      await strict.get('/increment/k'),
      await strict.get('/api/v1/counters/k'),
      await strict.get(`/api/v1/counters?key=${id}&key=l`),
    ]) {
      expect(reply.status).toBe(400);
      expect(reply.json).toMatchObject({ errors: [{ path: 'key' }] });
    }
    const nil = '00000000-0000-0000-0000-000000000000';
    for (const reply of [
      await strict.post('/increment', { key: nil, value: 1 }),
      await strict.post('/increment?mode=sync', { key: nil, value: 1 }),
      await strict.get(`/increment/${nil}`),
      await strict.get(`/api/v1/counters?key=${nil}`),
    ]) {
      expect(reply.status).toBe(400);
      expect(reply.json).toMatchObject({
        errors: [{ path: 'key', message: expect.stringContaining('nil UUID') as unknown }],
      });
    }
    const none = await strict.post('/api/v1/increments', {
      increments: [
        { key: id, value: 1 },
        { key: nil, value: 1 },
      ],
    });
    expect(none.json).toMatchObject({ errors: [{ path: 'increments.1.key' }] });
    const many = await strict.post('/api/v1/increments', { increments: [{ key: 'k', value: 1 }] });
    expect(many.json).toMatchObject({ errors: [{ path: 'increments.0.key' }] });
    expect((await strict.post('/increment', { key: id, value: 1 })).status).toBe(202);
    expect(await strict.logged()).toBe(1);
  });
});

describe('Unusual input that is fine is taken', () => {
  it.each([
    ['1e3 for a value', '{"key":"k","value":1e3}', {}],
    ['1.0 for a value', '{"key":"k","value":1.0}', {}],
    ['100e-2 for a value', '{"key":"k","value":100e-2}', {}],
    ['the largest value', '{"key":"k","value":9007199254740991}', {}],
    ['the largest value in steps', '{"key":"k","value":9.007199254740991e15}', {}],
    ['a key of 256 emoji', JSON.stringify({ key: '😀'.repeat(256), value: 1 }), {}],
    ['a key called __proto__', '{"key":"__proto__","value":1}', {}],
    ['colons and braces in a key', '{"key":"{\\"a\\":[1.5e9,-0]}","value":1}', {}],
    ['a replacement character', '{"key":"\ufffd","value":1}', {}],
    ['a charset', '{"key":"k","value":1}', { 'content-type': 'Application/JSON; charset="UTF-8"' }],
    ['a malformed Prefer', '{"key":"k","value":1}', { prefer: ';;wait==x,"' }],
  ])('%s', async (_name, body, headers) => {
    const world = createHttpWorld();
    const reply = await world.post('/increment', body, headers);
    expect(reply.status).toBe(202);
    expect(await world.logged()).toBe(1);
  });

  it.each([
    ['text', '\ufeff{"key":"k","value":1}'],
    ['bytes', new Uint8Array(Buffer.from('\ufeff{"key":"k","value":1}'))],
  ])('a byte order mark before the JSON, as %s', async (_name, body) => {
    expect((await createHttpWorld().post('/increment', body)).status).toBe(202);
    const two = typeof body === 'string' ? `\ufeff${body}` : new Uint8Array([0xef, 0xbb, 0xbf, ...body]);
    expect((await createHttpWorld().post('/increment', two)).status).toBe(400);
  });

  it('CRLF in the texts of an ad', async () => {
    const world = createHttpWorld();
    world.startConsumers();
    const window = { start_at: ad.start_at, end_at: '2036-01-01 00:00:00 +0800 CST m=+0.5' };
    const texts = { title: 'Two\r\nlines', content: '\r\n'.repeat(10_000) };
    const reply = await world.post('/api/v1/ad', { ...texts, ...window }, { prefer: 'wait=10' });
    expect(reply.json).toMatchObject({
      title: 'Two\nlines',
      content: '\n'.repeat(10_000),
      end_at: '2035-12-31T16:00:00.000Z',
    });
  });

  it('a body as bytes', async () => {
    const world = createHttpWorld();
    const reply = await world.post('/increment', new TextEncoder().encode('{"key":"ü","value":1}'));
    expect(reply.status).toBe(202);
  });
});
