import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import type { Scope } from '../../lib/core/scopes.ts';
import { openStage } from '../../lib/operator/open-stage.ts';
import type { BookAnswer } from './support/book-answer.ts';
import { adBody, BookServer, json } from './support/book-server.ts';

/** What a server with tokens says to who may not (RFC 6750 3). */
let server: BookServer;
const tokens: Partial<Record<Scope, string>> = {};
let revoked: string;

beforeAll(async () => {
  server = await BookServer.open({}, async (folder) => {
    const stage = await openStage({ stage: 'local', data: folder, create: true });
    const store = createTokenStore(stage);
    try {
      for (const scope of ['ads:write', 'counters:write', 'counters:read', 'admin'] as const)
        tokens[scope] = (await store.create({ name: scope, scopes: [scope] })).text;
      const gone = await store.create({ name: 'gone', scopes: ['admin'] });
      await store.revoke(gone.record.id);
      revoked = gone.text;
    } finally {
      await stage.close();
    }
  });
});
afterAll(() => server.stop());

const calls: readonly [Scope, string, string, unknown][] = [
  ['counters:write', 'POST', '/increment', { key: 'k', value: 1 }],
  ['counters:write', 'POST', '/api/v1/increments', { increments: [{ key: 'k', value: 1 }] }],
  ['counters:read', 'GET', '/increment/k', undefined],
  ['counters:read', 'HEAD', '/api/v1/counters/k', undefined],
  ['counters:read', 'GET', '/api/v1/hot-counters', undefined],
  ['ads:write', 'POST', '/api/v1/ad', adBody],
  ['ads:write', 'GET', '/api/v1/ads', undefined],
  ['ads:write', 'DELETE', '/api/v1/ad/01900000-0000-7000-8000-000000000000', undefined],
  ['admin', 'GET', '/api/v1/quarantine', undefined],
  ['admin', 'GET', '/metrics', undefined],
];

function send([, method, path, body]: (typeof calls)[number], ...lines: string[]): Promise<BookAnswer> {
  return server.ask(method, path, [json, ...lines], body === undefined ? undefined : JSON.stringify(body));
}
const typeOf = (answer: BookAnswer): unknown => (answer.json as { type?: unknown } | undefined)?.type;

describe.each(calls)('a call that needs %s, %s %s,', (...call) => {
  const [scope, method] = call;
  const other = scope === 'counters:read' ? 'counters:write' : 'counters:read';

  it('names no error where no token came', async () => {
    const answer = await send(call);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="adtally"']);
    if (method !== 'HEAD') expect(typeOf(answer)).toBe('urn:adtally:problem:unauthorized');
  });

  it('says that a token is not valid', async () => {
    for (const token of ['nonsense', 'adtally_0_0', `${tokens[scope]!}0`, revoked]) {
      const answer = await send(call, `Authorization: Bearer ${token}`);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="adtally", error="invalid_token"/);
    }
  });

  it('names the scope that a token lacks', async () => {
    const answer = await send(call, `Authorization: Bearer ${tokens[other]!}`);
    expect(answer.status).toBe(403);
    const challenge = answer.headers['www-authenticate'];
    expect(challenge).toMatch(/^Bearer realm="adtally", error="insufficient_scope"/);
    expect(challenge).toContain(`scope="${scope}"`);
    if (method !== 'HEAD') expect(typeOf(answer)).toBe('urn:adtally:problem:forbidden');
  });

  it('takes a token that has it, whatever the case of the scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const { status, headers } = await send(call, `Authorization: ${scheme} ${tokens[scope]!}`);
      expect([401, 403]).not.toContain(status);
      expect(headers).not.toHaveProperty('www-authenticate');
    }
  });
});

describe('credentials of another kind', () => {
  it.each(['Basic dXNlcjpwYXNz', 'Digest username="a"', 'Token abc', 'Bearer', 'Bearer ', ''])(
    '%j are no token',
    async (value) => {
      const answer = await send(calls[0]!, `Authorization: ${value}`);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="adtally"/);
    },
  );

  it('and two at once are refused', async () => {
    const line = `Authorization: Bearer ${tokens['counters:write']!}`;
    expect([400, 401]).toContain((await send(calls[0]!, line, line)).status);
  });
});

it('HEAD has the challenge and the length of GET', async () => {
  for (const lines of [
    [],
    ['Authorization: Bearer nonsense'],
    [`Authorization: Bearer ${tokens['ads:write']!}`],
  ]) {
    const get = await server.get('/increment/k', ...lines);
    const head = await server.ask('HEAD', '/increment/k', lines);
    expect([head.status, head.bytes.length]).toEqual([get.status, 0]);
    for (const name of ['www-authenticate', 'content-length', 'content-type'])
      expect([name, head.headers[name]]).toEqual([name, get.headers[name]]);
  }
});

it('who may not is told so, whatever else is wrong with the request', async () => {
  const refused: readonly [string, string, readonly string[], string | undefined][] = [
    ['GET', '/api/v1/ads?limit=0', [], undefined],
    ['GET', '/api/v1/ads', ['If-None-Match: *'], undefined],
    ['GET', '/api/v1/ads', ['If-Match: "other"'], undefined],
    ['POST', '/increment', [json], '{'],
    ['POST', '/increment', ['Content-Type: text/plain'], '{}'],
    ['POST', '/increment', [json, 'Idempotency-Key: "'], '{"key":"k","value":1}'],
  ];
  for (const [method, target, lines, body] of refused)
    expect((await server.ask(method, target, lines, body)).status).toBe(401);
});

it('a challenge may be read by a page that may read the answer', async () => {
  const answer = await send(calls[0]!, 'Origin: https://app.example');
  const exposed = (answer.headers['access-control-expose-headers'] ?? '').toLowerCase().split(', ');
  expect(exposed).toContain('www-authenticate');
});

it('nothing that was refused was counted', async () => {
  for (const value of [undefined, 'Bearer nonsense', `Bearer ${tokens['counters:read']!}`]) {
    const lines = value === undefined ? [] : [`Authorization: ${value}`];
    await server.post('/increment', { key: 'refused', value: 1 }, ...lines);
  }
  await server.runtime.idle();
  const answer = await server.get('/increment/refused', `Authorization: Bearer ${tokens['counters:read']!}`);
  expect(answer.status).toBe(404);
});

it('what needs no token asks for none, and is not closed by a bad one', async () => {
  for (const path of ['/', '/health', '/docs', '/openapi.json', '/favicon.ico', '/api/v1/ad']) {
    const answer = await server.get(path);
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.headers).not.toHaveProperty('www-authenticate');
  }
});
