import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import { stageSettings } from '../../lib/stages.ts';
import { BookServer, json } from './support/book-server.ts';

/** What a cache on the way may keep (RFC 9111), and what an answer without a body has (RFC 9110 6.4). */
let server: BookServer;
let token = '';
const local = stageSettings('local');

beforeAll(async () => {
  const settings = { ...local, http: { ...local.http, publicReads: false } };
  server = await BookServer.open({ settings }, async (folder) => {
    const stage = await openStage({ stage: 'local', data: folder, create: true });
    const scopes = ['ads:read', 'ads:write', 'counters:read', 'counters:write', 'admin'] as const;
    token = (await createTokenStore(stage).create({ name: 'all', scopes: [...scopes] })).text;
    await stage.close();
  });
});
afterAll(() => server.stop());

const withToken = (path: string, ...lines: string[]): ReturnType<BookServer['get']> =>
  server.get(path, `Authorization: Bearer ${token}`, ...lines);

describe('where reads of ads need a token', () => {
  it('no shared cache may keep one for callers who have none', async () => {
    for (const path of ['/api/v1/ad', '/api/v1/ad/explain', '/api/v1/ads']) {
      expect((await server.get(path)).status).toBe(401);
      const answer = await withToken(path);
      expect([path, answer.status]).toEqual([path, 200]);
      expect([path, answer.headers['cache-control']]).toEqual([
        path,
        expect.not.stringMatching(/public|s-maxage|must-revalidate/),
      ]);
    }
  });

  it('and the same holds of a 304', async () => {
    const { etag } = (await withToken('/api/v1/ad')).headers;
    const answer = await withToken('/api/v1/ad', `If-None-Match: ${etag ?? ''}`);
    expect(answer.status).toBe(304);
    expect(answer.headers['cache-control']).not.toMatch(/public|s-maxage|must-revalidate/);
  });
});

it('no refusal is kept by a cache', async () => {
  const refused = [
    await server.get('/nothing'),
    await server.get('/api/v1/ads'),
    await server.ask('PUT', '/health'),
    await withToken('/api/v1/ad?limit=0'),
    await withToken('/increment/none'),
    await server.get('/docs', 'If-Match: "other"'),
    await server.ask('POST', '/increment', [json, `Authorization: Bearer ${token}`], '{'),
  ];
  for (const { status, headers } of refused) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect([status, headers['cache-control']]).toEqual([status, 'no-store']);
    expect(headers['content-type']).toBe('application/problem+json');
  }
});

it('an answer has its date, and a length where it may have a body', async () => {
  const short = [await server.ask('OPTIONS', '/increment'), await server.get('/docs', 'If-None-Match: *')];
  for (const { headers, bytes } of short) {
    expect(headers['date']).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    expect(headers).not.toHaveProperty('content-length');
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(bytes).toHaveLength(0);
  }
  const { headers, bytes } = await server.get('/health');
  expect(headers['content-length']).toBe(String(bytes.length));
});

it('a range is not served, and the whole is sent instead', async () => {
  const whole = await server.get('/docs');
  const answer = await server.get('/docs', 'Range: bytes=0-9', `If-Range: ${whole.headers['etag'] ?? ''}`);
  expect([answer.status, answer.bytes.length]).toEqual([200, whole.bytes.length]);
});
