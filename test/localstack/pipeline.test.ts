import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from '@jest/globals';
import {
  audit,
  call,
  counted,
  countedWithinMs,
  credentials,
  endpoint,
  eventually,
  hour,
  itemsOf,
  newAd,
  operate,
  outputs,
  tokens,
} from './deployed.ts';

/** A schedule fires at least a minute ahead, and the emulator looks every ten seconds. */
const expiredWithinMs = 110_000;

async function listed(id: unknown, token: string): Promise<boolean> {
  const path = '/api/v1/ad?age=24&gender=F&country=TW&platform=ios&limit=100';
  const { status, body } = await call('GET', path, undefined, { 'consistency-token': token });
  expect(status).toBe(200);
  return (body['ads'] as { id: string }[]).some((ad) => ad.id === id);
}

describe('the deployed API', () => {
  it('tells its health and its document', async () => {
    expect(await call('GET', '/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', stage: 'localstack' },
    });
    expect(await call('GET', '/openapi.json')).toMatchObject({ status: 200, body: { openapi: '3.1.0' } });
  });

  it('answers an unknown route and a wrong method with problems', async () => {
    expect(await call('GET', '/nothing/here')).toMatchObject({ status: 404, body: { status: 404 } });
    const wrong = await call('PUT', '/api/v1/ad', {});
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toContain('POST');
  });

  it('refuses bad input, naming the field', async () => {
    const answer = await call('POST', '/increment', { key: 'k', value: -1 });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'value' }] } });
  });

  it('refuses a body that is not UTF-8, and counts U+FFFD as a letter', async () => {
    for (const letter of ['\xe9', '\xe8']) {
      const body = Buffer.from(`{"key":"caf${letter}","value":1}`, 'latin1');
      const answer = await call('POST', '/increment', body);
      expect(answer).toMatchObject({ status: 400, body: { detail: 'The body is not UTF-8.' } });
    }
    const key = `caf\ufffd ${randomUUID()}`;
    const counted = await call('POST', '/increment?mode=sync', { key, value: 1 });
    expect(counted).toMatchObject({ status: 200, body: { [key]: 1 } });
  });
});

describe('tokens of the deployed API', () => {
  const anonymous = { authorization: '', 'x-api-key': '' };

  it('are asked for', async () => {
    const answer = await call('POST', '/increment', { key: 'k', value: 1 }, anonymous);
    expect(answer).toMatchObject({ status: 401, body: { type: 'urn:adtally:problem:unauthorized' } });
    // A gateway response is static: the same for no token and for one that is not good.
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="adtally", error="invalid_token"');
    expect(await call('GET', '/api/v1/ad', undefined, anonymous)).toMatchObject({ status: 200 });
  });

  it('are refused if they are malformed, mistyped or nobody’s', async () => {
    const { token } = tokens('create', '--name', 'mistyped', '--scopes', 'admin');
    const mistyped = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    for (const text of ['nonsense', `${token}0`, mistyped, `adtally_${'0'.repeat(16)}_${'0'.repeat(64)}`]) {
      const given = { ...anonymous, authorization: `Bearer ${text}` };
      const answer = await call('POST', '/increment', { key: 'k', value: 1 }, given);
      expect([text, answer]).toMatchObject([
        text,
        { status: 401, body: { type: 'urn:adtally:problem:unauthorized' } },
      ]);
    }
  });

  it('allow what their scopes cover, until they are revoked', async () => {
    const made = tokens('create', '--name', 'reader', '--scopes', 'counters:read');
    const reader = credentials(made);
    expect(await call('GET', '/api/v1/counters?key=never', undefined, reader)).toMatchObject({ status: 200 });
    expect(await call('POST', '/increment', { key: 'k', value: 1 }, reader)).toMatchObject({
      status: 403,
      body: { type: 'urn:adtally:problem:forbidden' },
    });
    const successor = tokens('rotate', made.id, '--grace', '0h');
    expect(successor.principal).toBe(made.principal);
    const next = credentials(successor);
    expect(await call('GET', '/api/v1/counters?key=never', undefined, next)).toMatchObject({ status: 200 });
    tokens('revoke', successor.id);
    // The plan's key went with the last token of the principal, so even a remembered token is refused.
    expect(await call('GET', '/api/v1/counters?key=never', undefined, next)).toMatchObject({ status: 403 });
  });
});

describe('ads on the deployed pipeline', () => {
  it('are created, queried, patched and deleted', async () => {
    const created = await call('POST', '/api/v1/ad', newAd(hour), { prefer: 'wait=10' });
    expect(created.status).toBe(201);
    const { id, version } = created.body as { id: string; version: number };
    const token = created.headers.get('consistency-token') ?? '';
    const seen = await call(
      'GET',
      '/api/v1/ad?age=24&gender=F&country=TW&platform=ios&limit=100',
      undefined,
      {
        'consistency-token': token,
      },
    );
    expect(seen.status).toBe(200);
    expect((seen.body['ads'] as { id: string }[]).map((ad) => ad.id)).toContain(id);

    const patched = await call(
      'PATCH',
      `/api/v1/ad/${id}`,
      { title: 'patched title' },
      { 'if-match': `"${version}"`, prefer: 'wait=10' },
    );
    expect(patched).toMatchObject({ status: 200, body: { title: 'patched title' } });
    const stale = await call(
      'PATCH',
      `/api/v1/ad/${id}`,
      { title: 'too late' },
      { 'if-match': `"${version}"` },
    );
    expect(stale.status).toBe(412);

    expect((await call('DELETE', `/api/v1/ad/${id}`, undefined, { prefer: 'wait=10' })).status).toBe(204);
    expect((await call('GET', `/api/v1/ad/${id}`)).status).toBe(404);
  });

  it('are created once however often a keyed request is sent', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const ad = newAd(hour);
    const first = await call('POST', '/api/v1/ad', ad, key);
    const second = await call('POST', '/api/v1/ad', ad, key);
    expect(first.status).toBe(202);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect((await call('POST', '/api/v1/ad', newAd(2 * hour), key)).status).toBe(422);
  });

  it(
    'are hidden at their end and then removed by their own schedule',
    async () => {
      const endInMs = 8000;
      const created = await call('POST', '/api/v1/ad', newAd(endInMs), { prefer: 'wait=10' });
      const { id, end_at: endAt } = created.body as { id: string; end_at: string };
      const token = created.headers.get('consistency-token') ?? '';
      expect(await listed(id, token)).toBe(true);
      await sleep(Date.parse(endAt) - Date.now() + 50);
      expect(await listed(id, token)).toBe(false);
      // The sweep waits two minutes after the end, so an item gone sooner was expired by its schedule.
      const gone = await eventually(
        expiredWithinMs,
        () => adItemExists(id),
        (exists) => !exists,
      );
      expect(gone).toBe(false);
    },
    expiredWithinMs + 30_000,
  );
});

describe('increments on the deployed pipeline', () => {
  it('are counted exactly: single, batch, sync and repeated', async () => {
    const key = `clicks/${randomUUID()} ünï`;
    for (let i = 0; i < 10; i += 1)
      expect((await call('POST', '/increment', { key, value: 3 })).status).toBe(202);
    const batch = { increments: Array.from({ length: 100 }, () => ({ key, value: 1 })) };
    expect((await call('POST', '/api/v1/increments', batch)).status).toBe(202);

    const idempotencyKey = { 'idempotency-key': randomUUID() };
    for (let i = 0; i < 3; i += 1) {
      const answer = await call('POST', '/increment', { key, value: 500 }, idempotencyKey);
      expect(answer.status).toBe(202);
      expect(answer.headers.get('idempotent-replayed')).toBe(i === 0 ? null : 'true');
    }
    const sync = await call('POST', '/increment?mode=sync', { key, value: 7 });
    expect(sync.status).toBe(200);
    expect(await counted(key, 30 + 100 + 500 + 7)).toBe(637);
  });

  it('are in the series of their counter', async () => {
    const key = `series-${randomUUID()}`;
    const from = new Date(Date.now() - 24 * hour).toISOString();
    for (const value of [3, 4]) expect((await call('POST', '/increment', { key, value })).status).toBe(202);
    expect((await call('POST', '/increment?mode=sync', { key, value: 5 })).status).toBe(200);
    expect(await counted(key, 12)).toBe(12);
    // Two days, should midnight have passed meanwhile.
    const { status, body } = await call('GET', `/api/v1/counters/${key}/series?bucket=day&from=${from}`);
    const many = await call('GET', `/api/v1/series?key=${key}&key=none&bucket=day&from=${from}`);
    expect(many).toMatchObject({ status, body: { series: [body] } });
    expect({ status, bucket: body['bucket'] }).toEqual({ status: 200, bucket: 'day' });
    const points = body['points'] as { value: number }[];
    expect(points).toHaveLength(2);
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(12);
  });

  it('make the hottest counter known', async () => {
    const key = `hot-${randomUUID()}`;
    const isListed = async (): Promise<boolean> => {
      // What a container has noted since it last wrote its sketch is written at the end of a later batch.
      expect((await call('POST', '/increment', { key, value: 1_000_000_000 })).status).toBe(202);
      const { status, body } = await call('GET', '/api/v1/hot-counters?limit=5');
      expect(status).toBe(200);
      return (body['recent'] as { keys: { key: string }[] }).keys[0]?.key === key;
    };
    expect(await eventually(countedWithinMs, isListed, (listed) => listed)).toBe(true);
  });

  it('go on behind a poison record, which is kept whole', async () => {
    const key = `poison-${randomUUID()}`;
    const kinesis = new KinesisClient({ endpoint, requestHandler: new NodeHttpHandler() });
    const payload = `{"v":99,"garbage":"${randomUUID()}"`;
    const { SequenceNumber: number } = await kinesis.send(
      new PutRecordCommand({
        StreamName: outputs['IncrementsStream'],
        PartitionKey: key,
        Data: Buffer.from(payload),
      }),
    );
    expect((await call('POST', '/increment', { key, value: 5 })).status).toBe(202);
    expect(await counted(key, 5)).toBe(5);

    const s3 = new S3Client({ endpoint, forcePathStyle: true });
    const bucket = outputs['QuarantineBucket'];
    const { Contents: objects = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: 'quarantine/' }),
    );
    const object = objects.find(({ Key: name }) => name?.includes(BigInt(number ?? 0).toString()));
    expect(object).toBeDefined();
    const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: object?.Key }));
    const record = JSON.parse((await stored.Body?.transformToString()) ?? '') as { data: string };
    expect(Buffer.from(record.data, 'base64').toString()).toBe(payload);

    const { status, body } = await call('GET', '/api/v1/quarantine?limit=50');
    expect(status).toBe(200);
    expect(body['records']).toContainEqual(
      expect.objectContaining({ state: 'quarantined', partition_key: key, bytes: payload.length }),
    );
    const { id } = (body['records'] as { id: string; partition_key: string }[]).find(
      (one) => one.partition_key === key,
    ) ?? { id: '' };
    const redriven = await call('POST', '/api/v1/quarantine/redrive', { ids: [id] });
    expect(redriven).toMatchObject({ status: 200, body: { results: [{ id, outcome: 'refused' }] } });
  });

  it('survive a redeployment over live data', async () => {
    const key = `redeploy-${randomUUID()}`;
    expect((await call('POST', '/increment', { key, value: 11 })).status).toBe(202);
    expect(await counted(key, 11)).toBe(11);
    const { status } = spawnSync(
      process.execPath,
      [
        join('node_modules', 'aws-cdk', 'bin', 'cdk'),
        'deploy',
        '-c',
        'stage=localstack',
        // Another release: every function is updated.
        '-c',
        `release=${randomUUID()}`,
        '--require-approval',
        'never',
        '--output',
        join('node_modules', '.cache', 'adtally', 'cdk.out'),
      ],
      { stdio: 'inherit' },
    );
    expect(status).toBe(0);
    expect((await call('POST', '/increment', { key, value: 2 })).status).toBe(202);
    expect(await counted(key, 13)).toBe(13);
  });
});

describe('the figures of the deployed stage', () => {
  it('are those that CloudWatch has', async () => {
    const answer = await call('GET', '/api/v1/stats');
    // The emulator answers, and makes no metrics of log lines: what is counted stays 0, what is measured is
    // unknown.
    expect(answer).toMatchObject({
      status: 200,
      body: {
        stage: 'localstack',
        source: 'cloudwatch',
        totals: { accepted: expect.any(Number) as unknown },
        streams: [
          { stream: 'ad-events', shard_count: 1, shards: null },
          { stream: 'increments', shard_count: 2, shards: null },
        ],
        readers: { containers: [] },
      },
    });
  });
});

describe("the operators' commands on the deployed stage", () => {
  it('find what was given up, recount every total from the log, and make the projection anew', async () => {
    const listed = operate('quarantine', 'list');
    expect(listed.code).toBe(0);
    const given = listed.lines.filter(({ state }) => state === 'quarantined').map(({ id }) => String(id));
    expect(given).not.toEqual([]);
    for (const id of given) {
      expect(operate('quarantine', 'redrive', id).code).toBe(1);
      expect(operate('quarantine', 'drop', id).code).toBe(0);
    }
    expect(await audit()).toMatchObject({ code: 0 });
    expect(operate('rebuild').code).toBe(0);
  });
});

async function adItemExists(id: string): Promise<boolean> {
  const client = new DynamoDBClient({ endpoint });
  const items = await itemsOf(client, outputs['AdsTable'] ?? '');
  client.destroy();
  return items.some(({ pk }) => pk?.S === `ad#${id}`);
}
