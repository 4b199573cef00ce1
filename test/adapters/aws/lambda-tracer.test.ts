import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inInvocation } from '../../../lib/adapters/aws/lambda-invocation.ts';
import { createLambdaTracer } from '../../../lib/adapters/aws/lambda-tracer.ts';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import { traced } from '../../../lib/adapters/tracing/traced-ports.ts';
import { createRecordingTelemetry, nullTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock, virtualStartMs } from '../../support/virtual-clock.ts';

const root = '1-5759e988-bd862e3fe1be46a994272793';
const parent = '53995c3f42cd8ad8';
const sampled = `Root=${root};Parent=${parent};Sampled=1;Lineage=1:2:3`;

describe('spans on AWS', () => {
  let daemon: Socket;
  let environment: Record<string, string>;
  let datagrams: string[];
  beforeEach(async () => {
    datagrams = [];
    daemon = createSocket('udp4', (message) => datagrams.push(message.toString()));
    daemon.bind(0, '127.0.0.1');
    await once(daemon, 'listening');
    const { port } = daemon.address();
    environment = { _X_AMZN_TRACE_ID: sampled, AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${port}` };
  });
  afterEach(() => {
    daemon.close();
  });

  const clock = createVirtualClock();
  const create = () => createLambdaTracer({ clock, ids: systemIds, log: nullTelemetry, environment });
  /** The documents in the first `count` datagrams, as the daemon reads them. */
  async function documents(count: number): Promise<Record<string, unknown>[]> {
    while (datagrams.length < count) await once(daemon, 'message');
    return datagrams.map((datagram) => {
      const [header = '', document = '', ...rest] = datagram.split('\n');
      expect(JSON.parse(header)).toEqual({ format: 'json', version: 1 });
      expect(rest).toEqual([]);
      return JSON.parse(document) as Record<string, unknown>;
    });
  }

  it('belong to the trace of their own invocation, though others run in the same process', async () => {
    const spans = create();
    const traceOf = (digit: string): string =>
      sampled.replace(/(?<=Root=1-[0-9a-f]{8}-)[0-9a-f]{24}/, digit.repeat(24));
    const invoke = (digit: string, sampledToo: boolean) =>
      inInvocation(
        { xRayTraceId: sampledToo ? traceOf(digit) : traceOf(digit).replace('Sampled=1', 'Sampled=0') },
        undefined,
        () =>
          spans.around(`call ${digit}`, async () => {
            await new Promise((resolve) => setImmediate(resolve));
            return spans.around('state get', () => Promise.resolve(digit));
          }),
        environment,
      );
    await Promise.all([invoke('a', true), invoke('b', true), invoke('e', false), invoke('c', true)]);
    const found = (await documents(6)).map(({ trace_id: trace, name }) => [trace, name]);
    const each = ['a', 'b', 'c'].flatMap((digit) =>
      [`call ${digit}`, 'DynamoDB'].map((name) => [`1-5759e988-${digit.repeat(24)}`, name]),
    );
    expect(found.sort()).toEqual(each.sort());
  });

  it('are subsegments of the sampled invocation, sent to the daemon', async () => {
    const spans = create();
    const work = spans.around(
      'increments append',
      async () => {
        await clock.sleep(250);
        return 7;
      },
      () => ({ records: 3, failed: true }),
    );
    await clock.advance(250);
    expect(await work).toBe(7);
    expect(await documents(1)).toEqual([
      {
        name: 'Kinesis',
        namespace: 'aws',
        aws: { operation: 'PutRecords' },
        id: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
        ...{ trace_id: root, parent_id: parent, type: 'subsegment' },
        start_time: virtualStartMs / 1000,
        end_time: (virtualStartMs + 250) / 1000,
        fault: true,
        annotations: { records: 3, call: 'increments append' },
      },
    ]);
  });

  it('put what settles a batch below the batch', async () => {
    const spans = create();
    const state = traced.stateStore(createMemoryStateStore(), spans);
    const key = { table: 'counters', pk: 'k', sk: '' } as const;
    await spans.around('settle batch', () => Promise.all([state.get(key), state.getMany([key])]));
    await state.get(key);
    const all = await documents(4);
    const batch = all.find(({ name }) => name === 'settle batch');
    expect(batch).toMatchObject({ parent_id: parent });
    const below = all.filter((document) => document['parent_id'] === batch?.['id']);
    expect(below.map(({ aws }) => aws)).toEqual([{ operation: 'GetItem' }, { operation: 'BatchGetItem' }]);
    expect(all.filter((document) => document['parent_id'] === parent)).toHaveLength(2);
  });

  it('pass on what is thrown, as a fault', async () => {
    const boom = new Error('boom');
    await expect(create().around('state get', () => Promise.reject(boom))).rejects.toBe(boom);
    expect(await documents(1)).toEqual([
      expect.objectContaining({ name: 'DynamoDB', namespace: 'aws', fault: true }),
    ]);
  });

  it.each([
    ['an invocation that is not sampled', { _X_AMZN_TRACE_ID: sampled.replace('Sampled=1', 'Sampled=0') }],
    ['a trace that is none', { _X_AMZN_TRACE_ID: 'Root=x;Parent=y;Sampled=1' }],
    ['no trace', { _X_AMZN_TRACE_ID: '' }],
    ['no daemon', { AWS_XRAY_DAEMON_ADDRESS: '' }],
    ['an address that is none', { AWS_XRAY_DAEMON_ADDRESS: 'daemon' }],
  ])('send nothing for %s', async (_name, variables) => {
    const before = environment;
    environment = { ...before, ...variables };
    expect(await create().around('state get', () => Promise.resolve(1))).toBe(1);
    // What is sent later arrives later: the first to arrive shows that nothing was sent before.
    environment = before;
    await create().around('state query', () => Promise.resolve(1));
    expect(await documents(1)).toEqual([expect.objectContaining({ aws: { operation: 'Query' } })]);
  });

  it.each([
    [0x8000_0000 / 2 ** 32, []],
    [0x8000_0001 / 2 ** 32, ['Query']],
    [1, ['Query']],
    [0, []],
  ])('are measured of a share %d of the traces, the same in every function', async (share, measured) => {
    const digits = '80000000';
    environment['_X_AMZN_TRACE_ID'] = sampled.replace(/(Root=1-[0-9a-f]{8}-)[0-9a-f]{8}/, `$1${digits}`);
    const traces = { share };
    const spans = createLambdaTracer({
      ...{ clock, ids: systemIds, log: nullTelemetry, environment },
      share: () => traces.share,
    });
    await spans.around('state query', () => Promise.resolve(1));
    traces.share = 1;
    await spans.around('state get', () => Promise.resolve(1));
    const sent = (await documents(measured.length + 1)).map(({ aws }) => aws);
    expect(sent).toEqual([...measured, 'GetItem'].map((operation) => ({ operation })));
  });

  it('hinder nobody when there is no one to hear them', async () => {
    const port = daemon.address().port;
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const gone = silent.address().port;
    silent.close();
    environment['AWS_XRAY_DAEMON_ADDRESS'] = `127.0.0.1:${gone}`;
    const lost = create();
    for (let i = 0; i < 3; i += 1) {
      expect(await lost.around('state get', () => Promise.resolve(i))).toBe(i);
    }
    environment['AWS_XRAY_DAEMON_ADDRESS'] = `127.0.0.1:${port}`;
    await create().around('state get', () => Promise.resolve(3));
    expect(await documents(1)).toHaveLength(1);
  });

  it('go to the daemon, with a warning, when the endpoint is not an address', async () => {
    environment['OTEL_EXPORTER_OTLP_ENDPOINT'] = 'collector';
    const log = createRecordingTelemetry();
    const spans = createLambdaTracer({ clock, ids: systemIds, log, environment });
    await spans.around('state get', () => Promise.resolve(1));
    expect(await documents(1)).toHaveLength(1);
    const error = 'OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL; got collector';
    expect(log.lines).toEqual([{ level: 'warn', message: 'tracing has no collector', fields: { error } }]);
  });

  it('leave by OTLP instead when an endpoint is set, in the trace that X-Ray began', async () => {
    const bodies: string[] = [];
    const collector = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      request.on('end', () => response.end());
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    environment['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`;
    environment['AWS_LAMBDA_FUNCTION_NAME'] = 'adtally-dev-read-counters';
    await create().around('state get', () => Promise.resolve(1));
    while (bodies.length === 0) await once(collector, 'request');
    collector.closeAllConnections();
    collector.close();
    for (const text of ['5759e988bd862e3fe1be46a994272793', parent, 'aws-api', 'GetItem', 'read-counters'])
      expect(bodies.join('')).toContain(text);
    expect(datagrams).toEqual([]);
  });
});
