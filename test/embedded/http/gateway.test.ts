import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { targetBytesMax } from '../../../lib/api/request/http-limits.ts';
import type { FunctionName } from '../../../lib/api/routes.ts';
import { createGateway, type GatewayFunction } from '../../../lib/embedded/http/gateway.ts';
import type { HttpRequest, HttpResponse } from '../../../lib/embedded/http/http-message.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock, virtualStartMs } from '../../support/virtual-clock.ts';

const ok = { statusCode: 200, headers: {}, body: '' };

function build(answer: GatewayFunction = () => Promise.resolve(ok)) {
  const seen: { name: FunctionName; event: APIGatewayProxyEvent }[] = [];
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const fake =
    (name: FunctionName): GatewayFunction =>
    (event) => {
      seen.push({ name, event });
      return answer(event);
    };
  const gateway = createGateway({
    stage: 'local',
    functions: {
      'ingest-ads': fake('ingest-ads'),
      'ingest-increments': fake('ingest-increments'),
      'query-ads': fake('query-ads'),
      'read-counters': fake('read-counters'),
      'describe-api': fake('describe-api'),
      'operate-quarantine': fake('operate-quarantine'),
      'read-stats': fake('read-stats'),
      'decide-ads': fake('decide-ads'),
      'track-ads': fake('track-ads'),
    },
    clock,
    telemetry,
  });
  const ask = (target: string, more: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
    gateway.handle({
      method: 'GET',
      target,
      headers: ['Host', 'localhost:3333'],
      body: Buffer.alloc(0),
      sourceIp: '127.0.0.1',
      requestId: 'r-1',
      ...more,
    });
  const eventOf = async (target: string, more: Partial<HttpRequest> = {}): Promise<APIGatewayProxyEvent> => {
    await ask(target, more);
    return seen.at(-1)!.event;
  };
  return { ask, eventOf, seen, clock, telemetry, gateway };
}

async function routeOf(method: string, target: string) {
  const { ask, seen } = build();
  await ask(target, { method });
  const { name, event } = seen[0]!;
  return { name, resource: event.resource, pathParameters: event.pathParameters };
}

const secureLines =
  "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";

function problemOf(response: HttpResponse) {
  expect(response.headerLines).toBe(
    `Content-Type: application/problem+json\r\nCache-Control: no-store\r\n${secureLines}`,
  );
  const body = JSON.parse(String(response.body)) as {
    type: string;
    title: string;
    status: number;
    detail: string;
  };
  expect(body).toEqual({
    type: expect.any(String) as unknown,
    title: expect.any(String) as unknown,
    status: response.statusCode,
    detail: expect.any(String) as unknown,
    errors: [],
  });
  return `${response.statusCode} ${body.type}`;
}

describe('the gateway routes as API Gateway does', () => {
  it.each([
    ['GET', '/api/v1/ad', 'query-ads', '/api/v1/ad', null],
    ['HEAD', '/api/v1/ad?age=3', 'query-ads', '/api/v1/ad', null],
    ['POST', '/api/v1/ad/', 'ingest-ads', '/api/v1/ad', null],
    ['GET', '/api/v1/ads', 'query-ads', '/api/v1/ads', null],
    ['PATCH', '/api/v1/ad/a%2Fb', 'ingest-ads', '/api/v1/ad/{id}', { id: 'a%2Fb' }],
    ['GET', '/increment/a+b%20c', 'read-counters', '/increment/{key}', { key: 'a+b%20c' }],
    ['OPTIONS', '/increment/x', 'describe-api', '/increment/{key}', { key: 'x' }],
    ['DELETE', '/increment', 'describe-api', '/increment', null],
    ['BREW', '/health', 'describe-api', '/health', null],
    ['GET', '/', 'describe-api', '/', null],
    ['GET', '/api/v1/ad/1/2', 'describe-api', '/{proxy+}', { proxy: 'api/v1/ad/1/2' }],
    ['GET', '/api/v1/%61d', 'describe-api', '/{proxy+}', { proxy: 'api/v1/%61d' }],
    ['GET', '//api/v1/ad', 'describe-api', '/{proxy+}', { proxy: '/api/v1/ad' }],
    ['GET', '/__proto__', 'describe-api', '/{proxy+}', { proxy: '__proto__' }],
  ])('%s %s', async (method, target, name, resource, pathParameters) => {
    expect(await routeOf(method, target)).toEqual({ name, resource, pathParameters });
  });
});

describe('the event', () => {
  it('is what a REST API makes of the request', async () => {
    const { eventOf } = build();
    const event = await eventOf('/increment/a%2Fb?x=1', {
      headers: ['Host', 'localhost:3333', 'User-Agent', 'curl', 'X-A', '1', 'x-b', '2', 'X-A', '3'],
      sourceIp: '10.0.0.9',
    });
    expect(event).toMatchObject({
      resource: '/increment/{key}',
      path: '/increment/a%2Fb',
      httpMethod: 'GET',
      headers: { Host: 'localhost:3333', 'User-Agent': 'curl', 'X-A': '3', 'x-b': '2' },
      multiValueHeaders: { Host: ['localhost:3333'], 'X-A': ['1', '3'], 'x-b': ['2'] },
      queryStringParameters: { x: '1' },
      multiValueQueryStringParameters: { x: ['1'] },
      pathParameters: { key: 'a%2Fb' },
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
      requestContext: {
        resourcePath: '/increment/{key}',
        httpMethod: 'GET',
        path: '/increment/a%2Fb',
        stage: 'local',
        requestTimeEpoch: virtualStartMs,
        requestTime: '01/Jan/2026:00:00:00 +0000',
        protocol: 'HTTP/1.1',
        domainName: 'localhost:3333',
        identity: { sourceIp: '10.0.0.9', userAgent: 'curl', apiKey: null, userArn: null },
      },
    });
    // The event is plain data: what a function sees is what would go over the wire.
    expect(JSON.parse(JSON.stringify(event))).toEqual({
      ...event,
      requestContext: JSON.parse(JSON.stringify(event.requestContext)) as unknown,
    });
  });

  it('has the id of its request', async () => {
    const event = await build().eventOf('/health', { requestId: 'r-2' });
    expect(event.requestContext).toMatchObject({ requestId: 'r-2', extendedRequestId: 'r-2' });
  });

  it.each([
    ['?', null],
    ['?a', { a: [''] }],
    ['?a=', { a: [''] }],
    ['?a=1&a=2&b=3', { a: ['1', '2'], b: ['3'] }],
    ['?a=x+y%2Bz%20', { a: ['x y+z '] }],
    ['?a+b=%3D%26', { 'a b': ['=&'] }],
    ['?a=b=c&&', { a: ['b=c'] }],
    ['?key=%C3%BC', { key: ['ü'] }],
    ['?a=?', { a: ['?'] }],
  ])('decodes the query %s', async (query, expected) => {
    const { eventOf } = build();
    const event = await eventOf(`/health${query}`);
    expect(event.multiValueQueryStringParameters).toEqual(expected);
    const last =
      expected && Object.fromEntries(Object.entries(expected).map(([name, values]) => [name, values.at(-1)]));
    expect(event.queryStringParameters).toEqual(last);
  });

  it('shows a parameter and a header named __proto__, and changes no prototype', async () => {
    const { eventOf } = build();
    const event = await eventOf('/health?__proto__=1&__proto__=2', { headers: ['__proto__', 'x'] });
    expect(Object.entries(event.multiValueQueryStringParameters ?? {})).toEqual([['__proto__', ['1', '2']]]);
    expect(Object.entries(event.queryStringParameters ?? {})).toEqual([['__proto__', '2']]);
    expect(Object.entries(event.headers)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(event.headers)).toBe(Object.prototype);
  });

  it('has a UTF-8 body as text and any other as base64', async () => {
    const { eventOf } = build();
    const text = await eventOf('/increment', { method: 'POST', body: Buffer.from('{"ü":"\0"}') });
    expect([text.body, text.isBase64Encoded]).toEqual(['{"ü":"\0"}', false]);
    const bytes = Buffer.from([0x7b, 0xff, 0xfe]);
    const binary = await eventOf('/increment', { method: 'POST', body: bytes });
    expect([binary.body, binary.isBase64Encoded]).toEqual([bytes.toString('base64'), true]);
  });
});

describe('the gateway answers by itself', () => {
  it.each([
    '/increment/%',
    '/increment/%zz',
    '/increment/%ff',
    '/x%2',
    '/increment/k?a=%',
    '/api/v1/ad?%c3=1',
  ])('malformed percent-encoding: %s', async (target) => {
    const { ask, seen } = build();
    expect(problemOf(await ask(target))).toBe('400 urn:adtally:problem:invalid-request');
    expect(seen).toEqual([]);
  });

  it('a target that is no path, and one that is too long', async () => {
    const { ask } = build();
    for (const target of ['health', 'http://other/health', '*']) {
      expect(problemOf(await ask(target))).toBe('400 urn:adtally:problem:invalid-request');
    }
    expect(problemOf(await ask(`/${'a'.repeat(targetBytesMax)}`))).toBe(
      '414 urn:adtally:problem:uri-too-long',
    );
  });

  it('OPTIONS * with the methods of the whole server, and asks no function', async () => {
    const { ask, seen } = build();
    expect(await ask('*', { method: 'OPTIONS' })).toEqual({
      statusCode: 204,
      headerLines: `Allow: POST, GET, HEAD, PATCH, DELETE, OPTIONS\r\n${secureLines}`,
      body: '',
    });
    expect(seen).toEqual([]);
  });

  it('502 when the function throws, and tells the log', async () => {
    const { ask, telemetry } = build(() => Promise.reject(new TypeError('secret')));
    const response = await ask('/health');
    expect(problemOf(response)).toBe('502 urn:adtally:problem:bad-gateway');
    expect(response.body).not.toContain('secret');
    expect(telemetry.lines[0]).toMatchObject({
      level: 'error',
      fields: { function: 'describe-api', error: 'TypeError' },
    });
  });

  it.each([
    ['nothing', undefined],
    ['text', 'ok'],
    ['no status', { body: 'x' }],
    ['a status in words', { statusCode: '200' }],
    ['a status out of range', { statusCode: 99 }],
    ['an object as body', { statusCode: 200, body: {} }],
    ['headers that are no object', { statusCode: 200, headers: 'x' }],
    ['a header with a line break', { statusCode: 200, headers: { X: 'a\r\nSet-Cookie: b' } }],
    ['a header name with a blank', { statusCode: 200, headers: { 'X Y': 'a' } }],
    ['many values that are no list', { statusCode: 200, multiValueHeaders: { X: 'a' } }],
    ['a body over 6 MiB', { statusCode: 200, body: 'x'.repeat(6 * 1024 * 1024 + 1) }],
  ])('502 when the function answers %s', async (_, answer) => {
    const { ask } = build(() => Promise.resolve(answer));
    expect(problemOf(await ask('/health'))).toBe('502 urn:adtally:problem:bad-gateway');
  });

  // Covers ANSWERS.3 (docs/security.md).
  it('504 after 29 seconds, and never mixes the late answer in', async () => {
    const releases: ((answer: unknown) => void)[] = [];
    const { ask, clock } = build(() => new Promise((resolve) => releases.push(resolve)));
    const slow = ask('/health');
    const quick = ask('/health');
    releases[1]!(ok);
    expect((await quick).statusCode).toBe(200);
    let settled = false;
    void slow.then(() => (settled = true));
    await clock.advance(28_000);
    expect(settled).toBe(false);
    await clock.advance(2000);
    expect(problemOf(await slow)).toBe('504 urn:adtally:problem:gateway-timeout');
    releases[0]!(ok);
    expect((await slow).statusCode).toBe(504);
    expect(clock.sleeping).toBe(0);
  });
});

describe('a body that was compressed for its way', () => {
  const post = (body: Buffer, ...codings: string[]): Partial<HttpRequest> => ({
    ...{ method: 'POST', body },
    headers: ['Host', 'localhost', ...codings.flatMap((coding) => ['Content-Encoding', coding])],
  });
  const text = '{"key":"ü","value":1}';

  it.each([[['gzip']], [['X-GZip']], [[' , gzip,']], [['identity, gzip']], [['', 'gzip']]])(
    'is inflated, and its header left: %j',
    async (codings) => {
      const { eventOf } = build();
      const event = await eventOf('/increment', post(gzipSync(text), ...codings));
      expect([event.body, event.isBase64Encoded]).toEqual([text, false]);
      expect(event.multiValueHeaders['Content-Encoding']).toEqual(codings);
    },
  );

  it.each([[['identity']], [['']], [[', ,']], [[]]])(
    'is left as it came when it was not: %j',
    async (codings) => {
      const { eventOf } = build();
      expect((await eventOf('/increment', post(Buffer.from(text), ...codings))).body).toBe(text);
    },
  );

  it('may be of several members, as concatenated files are', async () => {
    const { eventOf } = build();
    const body = Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))]);
    expect((await eventOf('/increment', post(body, 'gzip'))).body).toBe(text);
  });

  it('is inflated to the limit of bodies, and is 413 one byte beyond it', async () => {
    const { ask, eventOf, seen } = build();
    const largest = 'x'.repeat(256 * 1024);
    expect((await eventOf('/increment', post(gzipSync(largest), 'gzip'))).body).toBe(largest);
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024));
    for (const body of [gzipSync(`${largest}x`), bomb, Buffer.concat([bomb, bomb])]) {
      expect(problemOf(await ask('/increment', post(body, 'gzip')))).toBe(
        '413 urn:adtally:problem:too-large',
      );
    }
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['plain', Buffer.from(text)],
    ['cut short', gzipSync(text).subarray(0, -4)],
    ['followed by something else', Buffer.concat([gzipSync(text), Buffer.from('junk')])],
    [
      'of another content than its checksum says',
      Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8)]),
    ],
  ])('is 400 when it is not gzip: %s', async (_, body) => {
    const { ask, seen } = build();
    expect(problemOf(await ask('/increment', post(body, 'gzip')))).toBe(
      '400 urn:adtally:problem:invalid-request',
    );
    expect(seen).toEqual([]);
  });

  it.each([['br'], ['deflate'], ['gzip, gzip'], ['zstd'], ['gzip;q=1'], ['compress']])(
    'is 415 in any other coding, and told which there is: %s',
    async (coding) => {
      const { ask, seen } = build();
      const { statusCode, headerLines } = await ask('/increment', post(gzipSync(text), coding));
      expect([statusCode, headerLines.split('\r\n')]).toEqual([
        415,
        expect.arrayContaining(['Accept-Encoding: gzip']),
      ]);
      expect(seen).toEqual([]);
    },
  );
});

describe('the answer of a function', () => {
  it('goes out with its headers, those with many values once each', async () => {
    const { ask } = build(() =>
      Promise.resolve({
        statusCode: 201,
        headers: { ETag: '"1"', 'X-Count': 3, Link: 'single' },
        multiValueHeaders: { Link: ['a', 'b'] },
        body: 'ü',
      }),
    );
    expect(await ask('/health')).toEqual({
      statusCode: 201,
      headerLines: 'ETag: "1"\r\nX-Count: 3\r\nLink: a\r\nLink: b\r\n',
      body: 'ü',
    });
  });

  it('keeps Vary apart, because the server adds to it', async () => {
    const headers = { vary: 'Accept-Encoding' };
    const { ask } = build(() => Promise.resolve({ statusCode: 200, headers, body: '' }));
    expect(await ask('/health')).toMatchObject({ headerLines: '', vary: 'Accept-Encoding' });
    const multiValueHeaders = { Vary: ['Accept', 'Prefer'] };
    const { ask: askMany } = build(() => Promise.resolve({ statusCode: 200, multiValueHeaders, body: '' }));
    expect(await askMany('/health')).toMatchObject({ headerLines: '', vary: 'Accept, Prefer' });
  });

  it('is decoded from base64, and cannot speak about the connection', async () => {
    const { ask } = build(() =>
      Promise.resolve({
        statusCode: 200,
        headers: { 'Content-Length': '1', Connection: 'close', 'transfer-encoding': 'chunked' },
        body: '/wA=',
        isBase64Encoded: true,
      }),
    );
    expect(await ask('/health')).toEqual({ statusCode: 200, headerLines: '', body: Buffer.from([0xff, 0]) });
  });
});
