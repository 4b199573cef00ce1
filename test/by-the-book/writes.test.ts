import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { adBody, BookServer, json, wait } from './support/book-server.ts';

let server: BookServer;

beforeAll(async () => {
  server = await BookServer.open();
});
afterAll(() => server.stop());

const most = Number.MAX_SAFE_INTEGER;

describe('an increment', () => {
  it('that is logged is answered with {}', async () => {
    const answer = await server.post('/increment', { key: 'logged', value: 1 });
    expect([answer.status, answer.text]).toEqual([202, '{}']);
    expect(answer.headers['consistency-token']).toMatch(/^c2\.local\./);
  });

  it('of mode=sync is answered with the total, also of a key that reads like a member', async () => {
    for (const key of ['status', '__proto__', 'constructor', 'accepted', 'ad 42/clicks', '鍵']) {
      const answer = await server.post('/increment?mode=sync', { key, value: 2 });
      expect([answer.status, answer.text]).toEqual([200, `{${JSON.stringify(key)}:2}`]);
      const read = await server.get(`/increment/${encodeURIComponent(key)}`);
      expect([read.status, read.text]).toEqual([200, answer.text]);
    }
  });

  it('may take a total beyond 2^53, digit for digit', async () => {
    for (let times = 0; times < 3; times += 1)
      await server.post('/increment?mode=sync', { key: 'big', value: most });
    const total = String(BigInt(most) * 3n);
    expect(total).toBe('27021597764222973');
    expect((await server.get('/increment/big')).text).toBe(`{"big":${total}}`);
    expect((await server.get('/api/v1/counters/big')).text).toContain(`"value":${total},`);
    expect((await server.get('/api/v1/counters?key=big')).text).toContain(`"value":${total},`);
  });

  it('of a body in plain JSON numbers may be written in any way that is whole', async () => {
    for (const [value, status] of [
      ['1e3', 202],
      ['1.0', 202],
      ['10e-1', 202],
      ['9007199254740991', 202],
      ['9007199254740992', 400],
      ['9007199254740991.4', 400],
      ['-0', 400],
      ['0', 400],
      ['1e400', 400],
      ['0.5', 400],
      ['"1"', 400],
    ] as const) {
      const answer = await server.ask('POST', '/increment', [json], `{"key":"whole","value":${value}}`);
      expect([value, answer.status]).toEqual([value, status]);
    }
  });
});

describe('an ad that is not applied yet', () => {
  const targets = [
    'title',
    'content',
    'start_at',
    'end_at',
    'age_start',
    'age_end',
    'gender',
    'country',
    'platform',
  ];

  it('is answered as far as it is known, with version null and no status', async () => {
    const answer = await server.post('/api/v1/ad', { ...adBody, gender: ['F'] });
    expect(answer.status).toBe(202);
    const written = answer.json as Record<string, unknown>;
    expect(Object.keys(written).sort()).toEqual(['id', 'version', ...targets].sort());
    expect(written).toMatchObject({
      title: adBody.title,
      gender: ['F'],
      country: [],
      age_start: null,
      version: null,
    });
    expect(answer.headers).not.toHaveProperty('etag');
    expect(answer.headers['location']).toBe(`/api/v1/ad/${String(written['id'])}`);
  });

  it('is found at its Location with the token of the answer, as it was answered', async () => {
    const created = await server.post('/api/v1/ad', adBody);
    const token = `Consistency-Token: ${created.headers['consistency-token']!}`;
    const read = await server.get(created.headers['location']!, token);
    expect(read.status).toBe(200);
    const known = Object.entries(created.json as object).filter(([name]) => name !== 'version');
    expect(read.json).toMatchObject(Object.fromEntries(known));
  });

  it('is answered alike by PATCH and DELETE', async () => {
    const ad = await server.createAd();
    const changed = await server.patch(ad.path, { title: 'Coffee time' });
    expect(changed.status).toBe(202);
    expect(changed.json).toMatchObject({ id: ad.id, version: null });
    expect(changed.json).not.toHaveProperty('status');
    const deleted = await server.ask('DELETE', ad.path);
    expect(deleted.status).toBe(202);
    expect(deleted.json).toMatchObject({ id: ad.id, version: null });
    expect(deleted.json).not.toHaveProperty('status');
  });

  it('is whole once it is applied, with a version and its tag', async () => {
    const answer = await server.post('/api/v1/ad', adBody, wait);
    const written = answer.json as { version: number };
    expect(answer.status).toBe(201);
    expect(Object.keys(written).sort()).toEqual(['created_at', 'id', 'version', ...targets].sort());
    expect(answer.headers['etag']).toBe(`"${written.version}"`);
  });

  it('may be written back as it was read', async () => {
    const ad = await server.createAd({ country: ['TW'], age_start: 18 });
    const read = Object.entries((await server.get(ad.path)).json as object);
    const fields = Object.fromEntries(read.filter(([name]) => targets.includes(name)));
    expect(Object.keys(fields)).toHaveLength(targets.length);
    const again = await server.post('/api/v1/ad', fields, wait);
    expect([again.status, again.json]).toEqual([201, expect.objectContaining(fields)]);
    expect((await server.patch(ad.path, fields, wait)).status).toBe(200);
  });
});

describe('the list of hot keys', () => {
  const greatest = { recent: { keys: [{ key: 'hot' }] }, all: { keys: [{ key: 'hot' }] } };

  it('has what mode=sync added', async () => {
    for (let times = 0; times < 4; times += 1)
      await server.post('/increment?mode=sync', { key: 'hot', value: most });
    // The list may lag by a second or so.
    let answer = await server.get('/api/v1/hot-counters?limit=1');
    for (let tries = 0; tries < 1000 && !answer.text.includes('"hot"'); tries += 1) {
      await systemClock.sleep(100);
      answer = await server.get('/api/v1/hot-counters?limit=1');
    }
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject(greatest);
    expect(answer.headers).not.toHaveProperty('deprecation');
  });

  it.each(['0', '101', '-1', 'x', '1.5', ''])('has no limit of %j', async (limit) => {
    const answer = await server.get(`/api/v1/hot-counters?limit=${limit}`);
    expect([answer.status, answer.errors]).toEqual([400, [expect.stringMatching(/^limit: /)]]);
  });

  it('by its old name says that it is deprecated, and by what to replace it (RFC 9745, RFC 8288)', async () => {
    const old = await server.get('/api/v1/counters?top=1');
    expect(old.status).toBe(200);
    expect(old.json).toMatchObject(greatest);
    // A date of structured fields: an at-sign and seconds.
    expect(old.headers['deprecation']).toMatch(/^@\d{10}$/);
    expect(old.headers['link']).toMatch(/^<\/api\/v1\/hot-counters>; *rel="successor-version"$/);
    expect((await server.ask('HEAD', '/api/v1/counters?top=1')).headers['deprecation']).toBe(
      old.headers['deprecation'],
    );
    expect((await server.get('/api/v1/counters?key=hot')).headers).not.toHaveProperty('deprecation');
  });
});

describe('the limits agree with each other', () => {
  const longKey = (index: number): string => `${'😀'.repeat(252)}${String(index).padStart(4, '0')}`;

  it('100 keys of 256 characters, four bytes each, fit into one question', async () => {
    const keys = Array.from({ length: 100 }, (_, index) => longKey(index));
    expect(Array.from(keys[0]!)).toHaveLength(256);
    await server.post('/increment?mode=sync', { key: keys[99], value: 5 });
    const query = keys.map((key) => `key=${encodeURIComponent(key)}`).join('&');
    const answer = await server.get(`/api/v1/counters?${query}`);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ counters: [{ key: keys[99], value: 5 }] });
  });

  it('101 keys are too many', async () => {
    const query = Array.from({ length: 101 }, (_, index) => `key=${index}`).join('&');
    const answer = await server.get(`/api/v1/counters?${query}`);
    expect([answer.status, answer.errors]).toEqual([400, [expect.stringMatching(/^key: .*100/)]]);
  });

  it('20 tokens of keys of 256 plain characters fit into one header', async () => {
    const keyOf = (index: number): string => String(index).padStart(256, 'k');
    const tokens: string[] = [];
    for (let index = 0; index < 20; index += 1) {
      const answer = await server.post('/increment', { key: keyOf(index), value: 1 });
      tokens.push(answer.headers['consistency-token']!);
    }
    const path = `/api/v1/counters/${keyOf(0)}`;
    expect((await server.get(path, `Consistency-Token: ${tokens.join(', ')}`)).status).toBe(200);
  });

  it('a batch of 500 has room for keys of 256 plain characters', async () => {
    const increments = Array.from({ length: 500 }, (_, index) => ({
      key: String(index).padStart(256, 'k'),
      value: most,
    }));
    const answer = await server.post('/api/v1/increments', { increments });
    expect([answer.status, answer.json]).toEqual([202, { accepted: 500 }]);
  });

  it('an ad may have the longest title and content there are, in characters of four bytes', async () => {
    const ad = { ...adBody, title: '😀'.repeat(100), content: '😀'.repeat(10_000) };
    const answer = await server.post('/api/v1/ad', ad, wait);
    expect([answer.status, (answer.json as { title?: string }).title]).toEqual([201, ad.title]);
  });
});
