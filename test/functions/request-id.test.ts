import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createIngestIncrements } from '../../functions/ingest-increments/ingest-increments.ts';
import { requestSpanAttributes } from '../../lib/api/request/request-id.ts';
import { faultyPorts } from '../support/faulty-ports.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { toEvent, type Request } from '../support/proxy-event.ts';

const own = '0b9ce3a5-5a2d-4c7e-9b1e-2f6c1e3a7d10';
let world: HttpWorld;
beforeEach(() => {
  world = createHttpWorld();
});

/** An event with the id that API Gateway gives each request. */
function eventOf(request: Request): APIGatewayProxyEvent {
  const event = toEvent(request);
  return { ...event, requestContext: { ...event.requestContext, requestId: own } };
}

const post = (headers: Request['headers'] = {}): Request => ({
  ...{ method: 'POST', path: '/increment', body: { key: 'k', value: 1 } },
  headers: { 'content-type': 'application/json', ...headers },
});

async function idOf(request: Request): Promise<unknown> {
  const { headers } = await world.functions['ingest-increments'](eventOf(request));
  return headers?.['X-Request-Id'];
}

describe('the request id in the answer of a function', () => {
  it.each(['a', 'x'.repeat(128)])('is the caller’s: %s', async (id) => {
    expect(await idOf(post({ 'X-Request-Id': id }))).toBe(id);
    expect(await idOf(post({ 'x-request-ID': id }))).toBe(id);
  });

  it.each([[['']], [['a b']], [['ü']], [['x'.repeat(129)]], [['a', 'a']]])(
    'is API Gateway’s own if the caller’s is %j',
    async (values) => {
      expect(await idOf(post({ 'X-Request-Id': values }))).toBe(own);
    },
  );

  it.each<readonly [string, Request]>([
    ['a refusal', { ...post(), body: { key: '', value: 0 } }],
    ['a body that is too large', { ...post(), body: 'x'.repeat(300_000) }],
    ['a method that the path lacks', { method: 'PUT', path: '/increment' }],
    ['OPTIONS', { method: 'OPTIONS', path: '/increment' }],
    ['a path that is none', { path: '/nothing' }],
    ['a body of another type', { ...post(), headers: { 'content-type': 'text/plain' } }],
  ])('is there with %s', async (_name, request) => {
    expect(await idOf(request)).toBe(own);
  });

  it('is that of the invocation if the event has none, and is left out if nothing has one', async () => {
    const invoke = world.functions['describe-api'];
    const named = await invoke(toEvent({ path: '/health' }), { awsRequestId: 'lambda' } as Context);
    expect(named.headers?.['X-Request-Id']).toBe('lambda');
    expect((await invoke(toEvent({ path: '/health' }))).headers).not.toHaveProperty('X-Request-Id');
  });

  it('is that of each attempt, also when the answer is a stored one', async () => {
    const key = { 'Idempotency-Key': 'once' };
    expect(await idOf(post({ ...key, 'X-Request-Id': 'first' }))).toBe('first');
    expect(await idOf(post({ ...key, 'X-Request-Id': 'second' }))).toBe('second');
    expect(await world.logged()).toBe(1);
  });

  it('may be read by pages of other origins', async () => {
    const { headers } = await world.functions['ingest-increments'](eventOf(post()));
    expect(headers?.['Access-Control-Expose-Headers']).toMatch(/(^|, )X-Request-Id($|,)/);
  });
});

describe('a request that fails', () => {
  it('is named in the log by the id of its answer, and by the gateway’s if that is another', async () => {
    const { ports } = world;
    const broken = createIngestIncrements({ ...ports, ...faultyPorts(ports, () => 'refuse') });
    const request = { ...post({ 'X-Request-Id': 'mine' }), path: '/increment?mode=sync' };
    expect((await broken(eventOf(request))).headers).toMatchObject({ 'X-Request-Id': 'mine' });
    await broken(eventOf({ ...post(), path: '/increment?mode=sync' }));
    const ids = world.telemetry.lines.map(({ fields }) => [
      fields['request_id'],
      fields['gateway_request_id'],
    ]);
    expect(ids).toEqual([
      ['mine', own],
      [own, undefined],
    ]);
  });
});

describe('the span of a request', () => {
  it('has the id of its answer', () => {
    expect(requestSpanAttributes(eventOf(post({ 'X-Request-Id': 'mine' })))).toEqual({ request_id: 'mine' });
    expect(requestSpanAttributes(eventOf(post()))).toEqual({ request_id: own });
    expect(requestSpanAttributes(toEvent(post()))).toEqual({});
  });
});
