import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { createOtlpExporter, otlpSettings } from '../../../lib/adapters/tracing/otlp-exporter.ts';
import type { Span } from '../../../lib/ports/spans.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const span = (more: Partial<Span> = {}): Span => ({
  ...{ traceId, spanId: '53995c3f42cd8ad8', parentId, name: 'state get' },
  ...{ startMs: 1_767_225_600_000.25, endMs: 1_767_225_600_001.5, failed: false, attributes: {}, links: [] },
  ...more,
});

// OpenTelemetry's trace.proto in the JSON encoding of OTLP: ids are hex, 64-bit integers strings,
// enumerations numbers.
const idOf = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const uint64 = z.string().regex(/^\d{19}$/);
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const attributes = z.array(z.strictObject({ key: z.string(), value }));
const spanSchema = z.strictObject({
  ...{ traceId: idOf(16), spanId: idOf(8), parentSpanId: idOf(8).optional(), name: z.string() },
  ...{ kind: z.int().min(1).max(5), startTimeUnixNano: uint64, endTimeUnixNano: uint64, attributes },
  links: z.array(z.strictObject({ traceId: idOf(16), spanId: idOf(8) })),
  status: z.strictObject({ code: z.literal(2).optional() }),
});
const scopeSpans = z.strictObject({
  scope: z.strictObject({ name: z.string() }),
  spans: z.array(spanSchema),
});
const requestSchema = z.strictObject({
  resourceSpans: z.tuple([
    z.strictObject({ resource: z.strictObject({ attributes }), scopeSpans: z.tuple([scopeSpans]) }),
  ]),
});

describe('the OTLP exporter', () => {
  let collector: Server;
  let answer: (response: ServerResponse) => void;
  let received: { request: IncomingMessage; spans: z.infer<typeof spanSchema>[]; resource: unknown }[];
  beforeEach(async () => {
    received = [];
    answer = (response) => response.end('{}');
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const [{ resource, scopeSpans: scopes }] = requestSchema.parse(
          JSON.parse(Buffer.concat(chunks).toString()),
        ).resourceSpans;
        received.push({ request, spans: scopes[0].spans, resource });
        answer(response);
      });
    });
    await once(collector.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => {
    collector.closeAllConnections();
    collector.close();
  });

  const log = createRecordingTelemetry();
  const create = (more: Record<string, string> = {}) => {
    const { port } = collector.address() as AddressInfo;
    const settings = otlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/`, ...more });
    if (settings === undefined) throw new Error('no endpoint');
    log.lines.length = 0;
    return createOtlpExporter({ ...settings, clock: systemClock, log });
  };

  it('posts spans as the specification encodes them', async () => {
    const exporter = create({ OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a+b%3D, x=1' });
    const rpc = { 'rpc.system': 'aws-api', 'rpc.service': 'DynamoDB', 'rpc.method': 'GetItem' };
    const link = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) };
    exporter.export([
      span({ attributes: { table: 'ads', found: true, items: 3, share: 0.5 } }),
      span({ attributes: rpc, failed: true }),
      span({ name: 'request', parentId: undefined }),
      span({ name: 'increments append' }),
      span({ name: 'settle batch', links: [link] }),
    ]);
    await exporter.stop();
    expect(received).toHaveLength(1);
    const [{ request, spans, resource } = { request: undefined, spans: [], resource: undefined }] = received;
    expect(request).toMatchObject({ method: 'POST', url: '/v1/traces' });
    expect(request?.headers).toMatchObject({ 'content-type': 'application/json', 'api-key': 'a+b=', x: '1' });
    expect(resource).toEqual({ attributes: [{ key: 'service.name', value: { stringValue: 'adtally' } }] });
    expect(spans[0]).toEqual({
      ...{ traceId, spanId: '53995c3f42cd8ad8', parentSpanId: parentId, name: 'state get', kind: 1 },
      ...{ startTimeUnixNano: '1767225600000250000', endTimeUnixNano: '1767225600001500000' },
      attributes: [
        { key: 'table', value: { stringValue: 'ads' } },
        { key: 'found', value: { boolValue: true } },
        { key: 'items', value: { intValue: '3' } },
        { key: 'share', value: { doubleValue: 0.5 } },
      ],
      ...{ links: [], status: {} },
    });
    expect(spans.map(({ kind, status }) => [kind, status.code])).toEqual([
      ...[[1, undefined], [3, 2], [2, undefined], [4, undefined], [5, undefined]], // prettier-ignore
    ]);
    expect(spans[2]).not.toHaveProperty('parentSpanId');
    expect(spans[4]?.links).toEqual([link]);
  });

  it('sends one batch at a time, and what came meanwhile in the next ones', async () => {
    const exporter = create();
    for (let i = 0; i < 600; i += 1) exporter.export([span()]);
    await exporter.stop();
    expect(received.map(({ spans }) => spans.length)).toEqual([1, 512, 87]);
    expect(log.lines).toEqual([]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['refuses', (response) => response.writeHead(503).end()],
    ['hangs up', (response) => response.destroy()],
  ])('drops the spans of a batch that the collector %s, with one warning', async (_name, answerWith) => {
    const exporter = create();
    answer = answerWith;
    exporter.export([span(), span()]);
    while (log.lines.length === 0) await systemClock.sleep(5);
    answer = (response) => response.end();
    exporter.export([span()]);
    await exporter.stop();
    expect(log.lines.map(({ message, fields }) => [message, fields['dropped']])).toEqual([
      ['spans are lost: the collector did not take them', undefined],
      ['spans were lost', 2],
    ]);
    expect(received.map(({ spans }) => spans.length)).toEqual([2, 1]);
  });

  it('holds nobody up when the collector never answers: the queue is bounded, and stops within seconds', async () => {
    const exporter = create();
    answer = () => undefined;
    const before = performance.now();
    for (let i = 0; i < 10_000; i += 1) exporter.export([span()]);
    expect(performance.now() - before).toBeLessThan(1000);
    await exporter.stop();
    // The one under way is not known to be lost.
    expect(log.lines.at(-1)?.fields).toEqual({ dropped: 9999 });
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(received).toHaveLength(1);
  });
});

describe('the settings of the OTLP exporter', () => {
  it.each([
    [{}, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }, 'http://localhost:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://a.example/otlp/' }, 'https://a.example/otlp/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://a.example/spans' }, 'https://a.example/spans'],
  ])('of %j: spans go to %s', (environment, url) => {
    expect(otlpSettings(environment)?.url).toBe(url);
  });

  it.each(['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])(
    'refuse what is no address of a web server in %s',
    (name) => {
      for (const text of ['localhost:4318', 'collector', 'http://', 'grpc://collector:4317'])
        expect(() => otlpSettings({ [name]: text })).toThrow(
          `${name} must be an http or https URL; got ${text}`,
        );
    },
  );
});
