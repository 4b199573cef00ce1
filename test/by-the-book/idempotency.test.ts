import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adBody, BookServer, json, wait } from './support/book-server.ts';

let server: BookServer;
let keys = 0;

beforeAll(async () => {
  server = await BookServer.open();
});
afterAll(() => server.stop());

/** A key that no test has used. */
const freshKey = (): string => `key-${(keys += 1)}`;
const keyLine = (key: string): string => `Idempotency-Key: ${key}`;
const replayed = 'idempotent-replayed';
const unknownAd = '/api/v1/ad/01900000-0000-7000-8000-000000000000';

describe('a refusal frees the key', () => {
  it.each([
    ['400', json, '{"key":"","value":1}', 400],
    ['400 of what is no JSON', json, '{', 400],
    ['413 of a body that grows', `${json}\r\nContent-Encoding: gzip`, gzipSync(' '.repeat(262_145)), 413],
    ['415', 'Content-Type: text/plain', '{"key":"k","value":1}', 415],
    ['415 of a coding', `${json}\r\nContent-Encoding: br`, 'x', 415],
    ['412', `${json}\r\nIf-Match: "other"`, '{"key":"k","value":1}', 412],
  ] as const)('after %s', async (name, lines, body, status) => {
    const key = freshKey();
    const refused = await server.ask('POST', '/increment', [lines, keyLine(key)], body);
    expect(refused.status).toBe(status);
    const counter = `freed by ${name}`;
    const answer = await server.post('/increment', { key: counter, value: 2 }, keyLine(key));
    expect(answer.status).toBe(202);
    expect(answer.headers).not.toHaveProperty(replayed);
    expect(await server.total(counter)).toBe(2);
  });

  it('after 404', async () => {
    const key = freshKey();
    const ad = await server.createAd();
    const refused = await server.patch(unknownAd, { title: 'Coffee time' }, keyLine(key));
    expect(refused.status).toBe(404);
    const answer = await server.patch(ad.path, { title: 'Coffee time' }, wait, keyLine(key));
    expect(answer.status).toBe(200);
  });

  it('after 507', async () => {
    const settings = stageSettings('local');
    const small = await BookServer.open({
      settings: { ...settings, ads: { ...settings.ads, liveAdsMax: 1 } },
    });
    try {
      const ad = await small.createAd();
      const key = freshKey();
      const create = (): ReturnType<BookServer['post']> =>
        small.post('/api/v1/ad', adBody, wait, keyLine(key));
      expect((await create()).status).toBe(507);
      expect((await small.ask('DELETE', ad.path, [wait])).status).toBe(204);
      const answer = await create();
      expect(answer.status).toBe(201);
      expect(answer.headers).not.toHaveProperty(replayed);
      expect((await create()).headers[replayed]).toBe('true');
    } finally {
      await small.stop();
    }
  });

  it('for the loser of two changes, which gets on with the current tag and without any', async () => {
    const ad = await server.createAd();
    const racers = [freshKey(), freshKey()];
    const change = (key: string, ...lines: string[]): ReturnType<BookServer['patch']> =>
      server.patch(ad.path, { title: `From ${key}` }, wait, keyLine(key), ...lines);
    const answers = await Promise.all(racers.map((key) => change(key, `If-Match: ${ad.tag}`)));
    const statuses = answers.map(({ status }) => status);
    expect([...statuses].sort()).toEqual([200, 412]);
    const loser = racers[statuses.indexOf(412)]!;
    const winner = answers[statuses.indexOf(200)]!;
    expect((await change(loser, `If-Match: ${ad.tag}`)).status).toBe(412);
    const next = await change(loser, `If-Match: ${winner.headers['etag']!}`);
    expect(next.status).toBe(200);
    expect(next.headers).not.toHaveProperty(replayed);
    expect(next.json).toMatchObject({ title: `From ${loser}` });
  });

  it('and without a precondition the next try is not 412', async () => {
    const ad = await server.createAd();
    const key = freshKey();
    const change = (...lines: string[]): ReturnType<BookServer['patch']> =>
      server.patch(ad.path, { title: 'Coffee time' }, wait, keyLine(key), ...lines);
    expect((await change('If-Match: "0"')).status).toBe(412);
    expect((await change('If-Match: "0"')).status).toBe(412);
    expect((await change()).status).toBe(200);
    expect((await change()).headers[replayed]).toBe('true');
  });
});

describe('a key names the whole request', () => {
  const effect = { key: 'named', value: 1 };
  let key: string;
  beforeAll(async () => {
    key = freshKey();
    expect((await server.post('/increment', effect, keyLine(key))).status).toBe(202);
  });

  it.each([
    ['another body', 'POST', '/increment', '{"key":"named","value":2}'],
    ['another query', 'POST', '/increment?mode=sync', JSON.stringify(effect)],
    ['another path', 'POST', '/api/v1/increments', '{"increments":[{"key":"named","value":1}]}'],
    ['another method', 'PATCH', unknownAd, '{}'],
  ])('%s is 422', async (_, method, path, body) => {
    const answer = await server.ask(method, path, [json, keyLine(key)], body);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('idempotency-key-reused');
  });

  it.each(['If-None-Match: "other"', 'If-Match: *'])('other preconditions are 422: %s', async (line) => {
    const ad = await server.createAd();
    const own = freshKey();
    const change = (...lines: string[]): ReturnType<BookServer['patch']> =>
      server.patch(ad.path, { title: 'Coffee time' }, wait, keyLine(own), ...lines);
    const done = await change(line);
    expect(done.status).toBe(200);
    expect((await change()).status).toBe(422);
    const again = await change(line);
    expect([again.status, again.headers[replayed], again.text]).toEqual([200, 'true', done.text]);
  });

  it('other preconditions are 422 for a POST as well', async () => {
    const answer = await server.post('/increment', effect, keyLine(key), 'If-None-Match: "other"');
    expect(answer.status).toBe(422);
  });

  it('the words of a 422 name preconditions among what may differ', async () => {
    const answer = await server.post('/increment', { key: 'named', value: 9 }, keyLine(key));
    expect(answer.text).toMatch(/precondition/i);
  });

  it.each([
    ['a media type spelled in another way', ['Content-Type: APPLICATION/json; charset=utf-8;']],
    ['what the caller prefers', [json, 'Prefer: wait=1']],
    ['a trace', [json, 'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']],
    ['what codings it accepts', [json, 'Accept-Encoding: gzip']],
  ])('but not %s', async (_, lines) => {
    const answer = await server.ask('POST', '/increment', [...lines, keyLine(key)], JSON.stringify(effect));
    expect([answer.status, answer.headers[replayed]]).toEqual([202, 'true']);
    expect(await server.total('named')).toBe(1);
  });

  it('nor how its body was compressed: Python stamps the time into it', async () => {
    const own = freshKey();
    const plain = '{"key":"compressed","value":1}';
    const stamped = gzipSync(plain);
    stamped.writeUInt32LE(1_700_000_000, 4);
    const send = (body: string | Buffer, ...lines: string[]): ReturnType<BookServer['ask']> =>
      server.ask('POST', '/increment', [json, keyLine(own), ...lines], body);
    expect((await send(gzipSync(plain), 'Content-Encoding: gzip')).status).toBe(202);
    for (const answer of [await send(stamped, 'Content-Encoding: gzip'), await send(plain)])
      expect([answer.status, answer.headers[replayed]]).toEqual([202, 'true']);
    expect(await server.total('compressed')).toBe(1);
  });
});

describe('the same key at the same moment', () => {
  it.each(['/increment', '/increment?mode=sync'])('for one request has one effect: %s', async (path) => {
    const key = freshKey();
    const counter = `at once ${path}`;
    const send = (): ReturnType<BookServer['post']> =>
      server.post(path, { key: counter, value: 1 }, keyLine(key));
    const answers = await Promise.all(Array.from({ length: 10 }, send));
    const status = path === '/increment' ? 202 : 200;
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => status));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await server.total(counter)).toBe(1);
  });

  it('for two requests has the effect of one, and the other is 422', async () => {
    const key = freshKey();
    const values = [1, 10, 100, 1000];
    const answers = await Promise.all(
      values.map((value) => server.post('/increment', { key: 'either', value }, keyLine(key))),
    );
    const statuses = answers.map(({ status }) => status);
    expect([...statuses].sort()).toEqual([202, 422, 422, 422]);
    expect(await server.total('either')).toBe(values[statuses.indexOf(202)]);
  });

  it('for an ad makes one ad', async () => {
    const key = freshKey();
    const create = (): ReturnType<BookServer['post']> =>
      server.post('/api/v1/ad', adBody, wait, keyLine(key));
    const answers = await Promise.all(Array.from({ length: 5 }, create));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => (answer.json as { id: string }).id)).size).toBe(1);
  });
});

describe('a key may be quoted, as the draft has it, or bare', () => {
  it.each([
    ['"plain"', 'plain'],
    ['bare', '"bare"'],
    ['"quo\\"ted"', 'quo"ted'],
    ['"back\\\\slash"', 'back\\slash'],
    ['a,b', '"a,b"'],
    [`"${'q'.repeat(255)}"`, 'q'.repeat(255)],
  ])('%j and %j are one key', async (first, second) => {
    const counter = `key ${second.slice(0, 20)}`;
    const send = (key: string): ReturnType<BookServer['post']> =>
      server.post('/increment', { key: counter, value: 3 }, keyLine(key));
    expect((await send(first)).status).toBe(202);
    const again = await send(second);
    expect([again.status, again.headers[replayed]]).toEqual([202, 'true']);
    expect(await server.total(counter)).toBe(3);
  });

  it.each([
    '',
    '"',
    '""',
    '"open',
    '"bad \\x escape"',
    '"a"b"',
    'é',
    'a b',
    'x'.repeat(256),
    `"${'x'.repeat(256)}"`,
  ])('%j is no key', async (key) => {
    const answer = await server.post('/increment', { key: 'no key', value: 1 }, keyLine(key));
    expect(answer.status).toBe(400);
    expect(answer.errors).toEqual([expect.stringMatching(/^Idempotency-Key: /)]);
    expect(await server.total('no key')).toBe(0);
  });

  it('is given once', async () => {
    const answer = await server.post('/increment', { key: 'no key', value: 1 }, keyLine('a1'), keyLine('a1'));
    expect(answer.status).toBe(400);
  });
});

describe('a batch of which the log takes only some', () => {
  it('is 207, and sent again whole with its key it is counted once', async () => {
    let stopped: number | undefined;
    let ahead = 0;
    // The allowance of a shard is of a second: a second that does not pass is soon used up.
    const clock = { ...systemClock, monotonicMs: () => stopped ?? systemClock.monotonicMs() + ahead };
    const local = stageSettings('local');
    const increments = { ...local.streams.increments, shardCount: 1 };
    const settings = { ...local, streams: { ...local.streams, increments } };
    const limited = await BookServer.open({ clock, settings, shardLimits: true });
    try {
      stopped = systemClock.monotonicMs();
      const batch = (round: number): unknown => ({
        increments: Array.from({ length: 400 }, (_, index) => ({ key: `${round}/${index}`, value: 1 })),
      });
      const send = (round: number): ReturnType<BookServer['post']> =>
        limited.post('/api/v1/increments', batch(round), keyLine(`round-${round}`));
      let round = 0;
      let answer = await send(round);
      while (answer.status === 202 && round < 20) answer = await send((round += 1));
      expect(answer.status).toBe(207);
      const { accepted, failed } = answer.json as { accepted: number; failed: { index: number }[] };
      expect(failed.length).toBeGreaterThan(0);
      expect(accepted + failed.length).toBe(400);
      stopped = undefined;
      ahead = 1100;
      const again = await send(round);
      expect([again.status, again.json]).toEqual([202, { accepted: 400 }]);
      expect((await send(round)).headers[replayed]).toBe('true');
      const totals = [0, failed[0]!.index, 399].map((index) => limited.total(`${round}/${index}`));
      expect(await Promise.all(totals)).toEqual([1, 1, 1]);
    } finally {
      stopped = undefined;
      await limited.stop();
    }
  });
});
