import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDynamodbStateStore } from '../../lib/adapters/aws/dynamodb-state-store.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { noUsageKeys } from '../../lib/ports/usage-keys.ts';
import { functionNames } from '../../lib/stages.ts';
import { startMisbehavingServer } from '../aws/support/misbehaving-server.ts';
import { toEvent, type Request } from '../support/proxy-event.ts';
import type { Environment, Outcome } from './support/environment-process.ts';
import { RuntimeWorld } from './support/runtime-world.ts';

let world: RuntimeWorld;
beforeAll(async () => {
  world = await RuntimeWorld.open();
});
afterAll(async () => {
  await world.close();
});

/** What API Gateway adds to a request. */
function request(given: Request): unknown {
  const event = toEvent(given);
  const requestContext = {
    ...event.requestContext,
    accountId: '000000000000',
    apiId: 'abc123',
    httpMethod: event.httpMethod,
    identity: { sourceIp: '203.0.113.7', userAgent: 'test' },
    protocol: 'HTTP/1.1',
    requestId: '6f6b6a55-5f0a-4b4c-8a0a-3f7f1a9d2c11',
    resourcePath: event.resource,
    stage: 'v1',
  };
  return { ...event, requestContext };
}

const json = { 'Content-Type': 'application/json' };

/** The handler's answer; fails if there was none. */
function answer(outcome: Outcome): unknown {
  expect(outcome).toMatchObject({ type: 'response' });
  return JSON.parse('body' in outcome ? outcome.body : '') as unknown;
}

interface Reply {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function call(environment: Environment, given: Request): Promise<Reply> {
  return answer(await environment.invoke(request(given))) as Reply;
}

const bodyOf = (reply: Reply): unknown => JSON.parse(reply.body);

describe('the start', () => {
  it('of every function ends with a request for an event', async () => {
    const names = world.functions.map(({ name }) => name);
    expect(names.sort()).toEqual([...functionNames].sort());
    const times: string[] = [];
    for (const name of names) {
      const environment = await world.begin(name);
      expect(environment.lines.join('\n')).toBe('');
      times.push(`${name} ${Math.round(environment.initMs)} ms`);
      environment.stop();
    }
    process.stdout.write(`from the start of the process to its first request: ${times.join(', ')}\n`);
  });

  it.each(functionNames)('of %s without its stage is told as an error of the start', async (name) => {
    const outcome = await world.tryBegin(name, { ADTALLY_STAGE: '' });
    expect(outcome).toMatchObject({ type: 'init-error' });
    const { errorType, errorMessage } = JSON.parse('body' in outcome ? outcome.body : '{}') as Record<
      string,
      string
    >;
    expect({ errorType, errorMessage }).toEqual({
      errorType: 'EnvironmentError',
      errorMessage: 'ADTALLY_STAGE is not set',
    });
  });
});

describe('the pipeline', () => {
  it('counts increments, frozen between any two events', async () => {
    const ingest = await world.begin('ingest-increments');
    const aggregate = await world.begin('aggregate-increments');
    const read = await world.begin('read-counters');
    const tail = world.tail('increments');
    const increment = { method: 'POST', path: '/increment', headers: json };
    for (let i = 1; i <= 5; i += 1) {
      const reply = await call(ingest, { ...increment, body: { key: 'clicks', value: i } });
      expect(reply.statusCode).toBe(202);
    }
    const events = await tail.take();
    expect(events.flatMap(({ Records }) => Records)).toHaveLength(5);
    for (const event of events) {
      expect(answer(await aggregate.invoke(event))).toEqual({ batchItemFailures: [] });
      // Delivered again, it counts nothing.
      expect(answer(await aggregate.invoke(event))).toEqual({ batchItemFailures: [] });
    }
    const reply = await call(read, { path: '/api/v1/counters/clicks' });
    expect(reply.statusCode).toBe(200);
    expect(bodyOf(reply)).toMatchObject({ key: 'clicks', value: 15 });
  });

  it('serves an ad until its schedule fires', async () => {
    const ingest = await world.begin('ingest-ads');
    const project = await world.begin('project-ads');
    const query = await world.begin('query-ads');
    const expire = await world.begin('expire-ad');
    const sweep = await world.begin('sweep-ads');
    const tail = world.tail('ad-events');
    const deliver = async (): Promise<number> => {
      let records = 0;
      for (const event of await tail.take()) {
        records += event.Records.length;
        expect(answer(await project.invoke(event))).toEqual({ batchItemFailures: [] });
      }
      return records;
    };
    // The expiry is due at this instant; before it, nothing ends the ad.
    const endMs = Date.now() + 4000;
    const created = await call(ingest, {
      method: 'POST',
      path: '/api/v1/ad',
      headers: json,
      body: {
        title: 'Coffee time',
        content: 'what it says',
        start_at: new Date(endMs - 3_600_000).toISOString(),
        end_at: new Date(endMs).toISOString(),
        country: ['TW'],
      },
    });
    expect(created.statusCode).toBe(202);
    const { id } = bodyOf(created) as { id: string };
    expect(await deliver()).toBe(1);
    const page = async (): Promise<unknown> => {
      const token = created.headers['Consistency-Token'] ?? '';
      const reply = await call(query, {
        path: '/api/v1/ad?country=TW',
        headers: { 'Consistency-Token': token },
      });
      expect(reply.statusCode).toBe(200);
      return bodyOf(reply);
    };
    expect(await page()).toMatchObject({ ads: [{ id, title: 'Coffee time' }], total: 1 });
    const rule = {
      ...{ version: '0', id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa', account: '000000000000' },
      ...{ source: 'aws.events', 'detail-type': 'Scheduled Event', region: 'us-east-1', resources: [] },
      ...{ time: new Date().toISOString(), detail: {} },
    };
    expect(await sweep.invoke(rule)).toMatchObject({ type: 'response' });
    expect(await deliver()).toBe(0);

    const [schedule] = world.scheduler.schedules.values();
    const { Input } = (schedule as { Target: { Input: string } }).Target;
    expect(JSON.parse(Input)).toEqual({ adId: id, endAtMs: endMs });
    await new Promise((resolve) => setTimeout(resolve, endMs - Date.now() + 100));
    expect(await expire.invoke(JSON.parse(Input))).toMatchObject({ type: 'response' });
    expect(await deliver()).toBe(1);
    expect(await page()).toMatchObject({ ads: [], total: 0 });
    // It may fire twice.
    expect(await expire.invoke(JSON.parse(Input))).toMatchObject({ type: 'response' });
    await deliver();
    expect(await page()).toMatchObject({ ads: [], total: 0 });
  });

  it('stores what is no event in the quarantine, and shows it', async () => {
    const aggregate = await world.begin('aggregate-increments');
    const operate = await world.begin('operate-quarantine');
    const [event] = [
      {
        Records: [
          {
            eventID: 'shardId-000000000009:49590338271490256608559692538361571095921575989136588898',
            eventName: 'aws:kinesis:record',
            eventSource: 'aws:kinesis',
            eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/adtally-dev-increments.1',
            eventVersion: '1.0',
            invokeIdentityArn: 'arn:aws:iam::000000000000:role/test',
            awsRegion: 'us-east-1',
            kinesis: {
              kinesisSchemaVersion: '1.0',
              partitionKey: 'clicks',
              sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
              data: Buffer.from('no event').toString('base64'),
              approximateArrivalTimestamp: Date.now() / 1000,
            },
          },
        ],
      },
    ];
    expect(answer(await aggregate.invoke(event))).toEqual({ batchItemFailures: [] });
    const reply = await call(operate, { path: '/api/v1/quarantine', principal: 'operator' });
    expect(reply.statusCode).toBe(200);
    expect(bodyOf(reply)).toMatchObject({
      records: [{ partition_key: 'clicks', bytes: 8, reason: 'not JSON in UTF-8', state: 'quarantined' }],
    });
  });
});

describe('the functions around it', () => {
  it('hold the catalog once they have begun, and say so to the hook of a release', async () => {
    const queryAds = await world.begin('query-ads');
    // Traced, as CodeDeploy's hook may be: the call has no request to take an id from.
    const trace = 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1';
    const report = answer(await queryAds.invoke({ warmUp: { holdMs: 1 } }, { trace }));
    expect(report).toEqual({
      container: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
      version: '$LATEST',
      catalogVersion: expect.any(Number) as unknown,
    });
    const page = await call(queryAds, { path: '/api/v1/ads' });
    const { catalogVersion } = report as { readonly catalogVersion: number };
    expect(page.headers['Catalog-Version']).toBe(String(catalogVersion));
  });

  it('describe themselves', async () => {
    const describeApi = await world.begin('describe-api');
    const document = await call(describeApi, { path: '/openapi.json' });
    expect(bodyOf(document)).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) as unknown });
    const console = await call(describeApi, { path: '/console' });
    expect(console.body.slice(0, 15)).toBe('<!doctype html>');
    const health = await call(describeApi, { path: '/health' });
    expect(health.statusCode).toBe(200);
  });

  it('refuse a body that is not UTF-8, which arrives as base64 like every body', async () => {
    const ingest = await world.begin('ingest-increments');
    for (const letter of ['\xe9', '\xe8']) {
      const body = Buffer.from(`{"key":"caf${letter}","value":1}`, 'latin1');
      const reply = await call(ingest, { method: 'POST', path: '/increment', headers: json, body });
      expect([reply.statusCode, bodyOf(reply)]).toMatchObject([400, { detail: 'The body is not UTF-8.' }]);
    }
    const body = gzipSync('{"key":"caf\ufffd","value":1}');
    const counted = await call(ingest, { method: 'POST', path: '/increment', headers: json, body });
    expect(counted.statusCode).toBe(202);
  });

  it('write their metrics as lines of their own: CloudWatch finds them at the root of a line', async () => {
    const describeApi = await world.begin('describe-api');
    await call(describeApi, { path: '/health' });
    // The pipe of the stopped process may be read after its answer.
    for (let tries = 0; tries < 100 && describeApi.lines.length === 0; tries += 1) await wait(20);
    expect(describeApi.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        _aws: expect.objectContaining({ CloudWatchMetrics: [expect.anything()] }) as unknown,
        ...{ stage: 'dev', function: 'describe-api', requests: 1 },
        request_ms: [expect.any(Number) as unknown],
      },
    ]);
  });

  it('know a token from a guess', async () => {
    const authorize = await world.begin('authorize-request');
    const tokens = createTokenStore({
      state: createDynamodbStateStore({
        client: world.dynamodb,
        tables: { tokens: world.tableOf('authorize-request', 'ADTALLY_TOKENS_TABLE') },
        clock: systemClock,
        ids: systemIds,
      }),
      clock: systemClock,
      ids: systemIds,
      usageKeys: noUsageKeys,
    });
    const { text, record } = await tokens.create({ name: 'test', scopes: ['counters:read'] });
    const ask = (authorization: string): Promise<Outcome> =>
      authorize.invoke({
        type: 'REQUEST',
        methodArn: 'arn:aws:execute-api:us-east-1:000000000000:abc123/v1/GET/api/v1/counters/clicks',
        headers: { Authorization: authorization },
        multiValueHeaders: { Authorization: [authorization] },
        requestContext: {},
      });
    expect(answer(await ask(`Bearer ${text}`))).toMatchObject({
      principalId: record.principal,
      policyDocument: {
        Statement: expect.arrayContaining([expect.objectContaining({ Effect: 'Allow' })]) as unknown,
      },
    });
    const asked = {
      type: 'TOKEN',
      methodArn: 'arn:aws:execute-api:us-east-1:000000000000:abc123/v1/GET/health',
    };
    expect(answer(await authorize.invoke({ ...asked, authorizationToken: `Bearer ${text}` }))).toMatchObject({
      principalId: record.principal,
    });
    for (const wrong of [`Bearer ${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`, 'Bearer x', '']) {
      const refused = await ask(wrong);
      expect(refused.type).toBe('error');
      // API Gateway answers 401 for exactly this message.
      expect(JSON.parse('body' in refused ? refused.body : '')).toMatchObject({
        errorMessage: 'Unauthorized',
      });
    }
  });

  it('send their spans to the daemon before they are frozen, if the trace is sampled', async () => {
    const read = await world.begin('read-counters');
    const get = request({ path: '/api/v1/counters/clicks' });
    const traced = (sampled: 0 | 1) => ({
      trace: `Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=${sampled}`,
    });
    const before = world.daemon.documents.length;
    await read.invoke(get, traced(0));
    await read.invoke(get, traced(1));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const documents = world.daemon.documents.slice(before);
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents)
      expect(document).toMatchObject({ trace_id: '1-67891233-abcdef012345678912345678', type: 'subsegment' });
    expect(documents).toContainEqual(expect.objectContaining({ name: 'DynamoDB', namespace: 'aws' }));
  });
});

describe('with services that take a request and never answer', () => {
  // Each waits for most of its function's time, so they wait together.
  const cases: Readonly<Record<string, () => Promise<void>>> = {
    'every function that serves callers answers 503 before its time is out': async () => {
      const hanging = await startMisbehavingServer();
      hanging.behave(() => ({ type: 'hang' }));
      const services = ['DYNAMODB', 'KINESIS', 'S3', 'SCHEDULER', 'CLOUDWATCH', 'LAMBDA'];
      const endpoints = Object.fromEntries(
        services.map((service) => [`AWS_ENDPOINT_URL_${service}`, hanging.endpoint]),
      );
      const requests: Readonly<Record<string, Request>> = {
        'ingest-increments': {
          method: 'POST',
          path: '/increment',
          headers: json,
          body: { key: 'clicks', value: 1 },
        },
        'ingest-ads': { method: 'DELETE', path: '/api/v1/ad/9b2e4b9e-93a7-4a8c-8a56-6f0f1d2c3b4a' },
        'query-ads': { path: '/api/v1/ad?country=TW' },
        'read-counters': { path: '/api/v1/counters/clicks' },
        'operate-quarantine': { path: '/api/v1/quarantine', principal: 'operator' },
        'read-stats': { path: '/api/v1/stats', principal: 'operator' },
      };
      const replies = await Promise.all(
        Object.entries(requests).map(async ([name, given]) => {
          const environment = await world.begin(name, endpoints);
          const outcome = await environment.invoke(request(given));
          const { statusCode, headers } = answer(outcome) as Reply;
          return [name, statusCode, /^\d+$/.test(headers['Retry-After'] ?? '')];
        }),
      );
      await hanging.close();
      expect(replies).toEqual(Object.keys(requests).map((name) => [name, 503, true]));
    },

    'the authorizer fails before its time is out, so that the gateway says 503': async () => {
      const hanging = await startMisbehavingServer();
      hanging.behave(() => ({ type: 'hang' }));
      const authorize = await world.begin('authorize-request', {
        AWS_ENDPOINT_URL_DYNAMODB: hanging.endpoint,
      });
      const outcome = await authorize.invoke({
        type: 'REQUEST',
        methodArn: 'arn:aws:execute-api:us-east-1:000000000000:abc123/v1/GET/api/v1/counters/clicks',
        // Without a checksum: for this one the most reads follow each other.
        headers: { Authorization: `Bearer adtally_0123456789abcdef_${'1'.repeat(64)}` },
        multiValueHeaders: {},
        requestContext: {},
      });
      await hanging.close();
      expect(outcome).toMatchObject({ type: 'error' });
    },

    'the projector settles 500 ads within its time, though the Scheduler hangs': async () => {
      const hanging = await startMisbehavingServer();
      hanging.behave(() => ({ type: 'hang' }));
      const project = await world.begin('project-ads', { AWS_ENDPOINT_URL_SCHEDULER: hanging.endpoint });
      const ingest = await world.begin('ingest-ads');
      const query = await world.begin('query-ads');
      const tail = world.tail('ad-events');
      await tail.take();
      const body = {
        title: 'one of five hundred',
        content: 'what it says',
        start_at: new Date(Date.now() - 1000).toISOString(),
        end_at: new Date(Date.now() + 3_600_000).toISOString(),
        country: ['FJ'],
      };
      for (let i = 0; i < 500; i += 1)
        await call(ingest, { method: 'POST', path: '/api/v1/ad', headers: json, body });
      const records = (await tail.take()).flatMap(({ Records }) => Records);
      expect(records).toHaveLength(500);
      expect(answer(await project.invoke({ Records: records }))).toEqual({ batchItemFailures: [] });
      await hanging.close();
      const reply = await call(query, { path: '/api/v1/ad?country=FJ&limit=1' });
      expect(bodyOf(reply)).toMatchObject({ total: 500 });
    },

    'a consumer asks for its batch again': async () => {
      const hanging = await startMisbehavingServer();
      hanging.behave(() => ({ type: 'hang' }));
      const aggregate = await world.begin('aggregate-increments', {
        AWS_ENDPOINT_URL_DYNAMODB: hanging.endpoint,
      });
      const ingest = await world.begin('ingest-increments');
      const tail = world.tail('increments');
      await tail.take();
      await call(ingest, {
        method: 'POST',
        path: '/increment',
        headers: json,
        body: { key: 'views', value: 1 },
      });
      const [event] = await tail.take();
      const outcome = await aggregate.invoke(event);
      await hanging.close();
      const [record] = event?.Records ?? [];
      expect(answer(outcome)).toEqual({
        batchItemFailures: [{ itemIdentifier: record?.kinesis['sequenceNumber'] }],
      });
    },
  };
  let outcomes: ReadonlyMap<string, PromiseSettledResult<void>>;
  beforeAll(async () => {
    const names = Object.keys(cases);
    const settled = await Promise.allSettled(Object.values(cases).map((run) => run()));
    outcomes = new Map(names.map((name, index) => [name, settled[index] as PromiseSettledResult<void>]));
  });

  it.each(Object.keys(cases))('%s', (name) => {
    const outcome = outcomes.get(name);
    if (outcome?.status === 'rejected') throw outcome.reason;
    expect(outcome?.status).toBe('fulfilled');
  });
});
