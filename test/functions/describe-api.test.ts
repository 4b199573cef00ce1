import { describe, expect, it } from '@jest/globals';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import { routes } from '../../lib/api/routes.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createAdWorld } from '../support/ad-world.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { noConsole } from '../support/no-extras.ts';
import { toEvent } from '../support/proxy-event.ts';

const origin = 'https://shop.example';

describe('Routes that lead nowhere', () => {
  it('answer OPTIONS with what the path allows, for browsers too', async () => {
    const world = createHttpWorld();
    const reply = await world.send({ method: 'OPTIONS', path: '/api/v1/ad/17', headers: { origin } });
    expect(reply.status).toBe(204);
    expect(reply.headers).toMatchObject({
      Allow: 'DELETE, GET, HEAD, OPTIONS, PATCH',
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'DELETE, GET, HEAD, OPTIONS, PATCH',
    });
    expect(reply.headers['Access-Control-Allow-Headers']).toContain('Idempotency-Key');
    expect((await world.send({ method: 'OPTIONS', path: '/nowhere' })).status).toBe(404);
  });

  it('answer 405 with Allow for a method the path lacks', async () => {
    const reply = await createHttpWorld().send({ method: 'HEAD', path: '/increment' });
    expect(reply.status).toBe(405);
    expect(reply.headers.Allow).toBe('OPTIONS, POST');
  });

  it('answer 405 and 404 as well when a function gets what is not its own', async () => {
    const { functions } = createHttpWorld();
    for (const answer of Object.values(functions)) {
      const put = toEvent({ method: 'PUT', path: '/api/v1/ad' });
      expect((await answer(put)).statusCode).toBe(405);
      expect((await answer({ ...put, resource: '/{proxy+}' })).statusCode).toBe(404);
    }
  });
});

describe('CORS', () => {
  const withOrigins = (corsOrigins: readonly string[]) =>
    createHttpWorld({
      settings: {
        ...stageSettings('prod'),
        http: { corsOrigins, publicReads: true, compressAnswers: false },
      },
    });

  it('allows the origins of the stage, on errors too, and exposes the headers', async () => {
    const world = withOrigins([origin]);
    for (const path of ['/health', '/nowhere', '/api/v1/ad?age=x']) {
      const { headers } = await world.get(path, { Origin: origin });
      expect(headers['Access-Control-Allow-Origin']).toBe(origin);
      expect(headers['Access-Control-Expose-Headers']).toContain('Consistency-Token, Catalog-Version');
      expect(headers.Vary).toBe('Origin');
    }
    expect((await world.get('/api/v1/ad', { Origin: origin })).headers.Vary).toBe(
      'Consistency-Token, Origin',
    );
  });

  // Covers API8.4 (docs/security.md).
  it('allows no other origin', async () => {
    for (const origins of [[], ['https://other.example']]) {
      const { headers } = await withOrigins(origins).get('/health', { origin });
      expect(headers['Access-Control-Allow-Origin']).toBeUndefined();
    }
  });
});

describe('Health', () => {
  const settings = stageSettings('local');
  const ask = async (facts: () => Promise<Record<string, unknown>>, isWritable = () => true) => {
    const { ports, telemetry } = createAdWorld();
    const answer = createDescribeApi({ ...ports, settings, facts, isWritable, consolePage: noConsole });
    const result = await answer(toEvent({ path: '/health' }));
    return { status: result.statusCode, body: JSON.parse(result.body) as object, telemetry };
  };

  it('tells the facts of the runtime', async () => {
    const { status, body } = await ask(async () => Promise.resolve({ backlog: 3 }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', stage: 'local', ready: true, facts: { backlog: 3 } });
  });

  it.each([
    ['fail', () => Promise.reject(new Error('down'))],
    ['do not come', () => new Promise<never>(() => undefined)],
  ])('is alive but not ready when the facts %s', async (_name, facts) => {
    const { status, body } = await ask(facts);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', ready: false });
  });

  it('is alive but not ready while the store takes no writes', async () => {
    const { status, body } = await ask(
      () => Promise.resolve({ backlog: 3 }),
      () => false,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', ready: false, facts: { backlog: 3 } });
  });
});

describe('Documents', () => {
  it('lists every call in openapi.json', async () => {
    const reply = await createHttpWorld().get('/openapi.json');
    const { openapi, paths } = reply.json as { openapi: string; paths: Record<string, object> };
    expect(openapi).toMatch(/^3\.1\./);
    for (const { path, method } of routes) expect(paths[path]).toHaveProperty(method.toLowerCase());
  });

  it('shows the docs page under a policy that lets nothing else in', async () => {
    const { headers, text } = await createHttpWorld().get('/docs');
    expect(headers['Content-Type']).toBe('text/html; charset=utf-8');
    expect(headers['Content-Security-Policy']).toMatch(/^default-src 'none'; .*style-src 'sha256-/);
    expect(text).toContain('<!doctype html>');
  });
});
