import { randomUUID } from 'node:crypto';
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import {
  audit,
  call,
  counted,
  countedWithinMs,
  endpoint,
  eventually,
  hour,
  itemsOf,
  keyOf,
  newAd,
  operate,
  outputs,
} from './deployed.ts';
import { restoreDrill } from './restore-drill.ts';

describe('the restore drill of the tables', () => {
  it('brings every total back that the log and the backup hold', async () => {
    const [damaged, deleted, later] = ['damaged', 'deleted', 'later'].map(
      (name) => `${name}-${randomUUID()}`,
    ) as [string, string, string];
    const table = outputs['CountersTable'] ?? '';
    const drill = restoreDrill(endpoint, table, outputs['IncrementsDelivery'] ?? '');
    const dynamodb = new DynamoDBClient({ endpoint });
    const increment = async (key: string, value: number, headers = {}): Promise<void> => {
      expect((await call('POST', '/increment', { key, value }, headers)).status).toBe(202);
    };
    const sync = await call('POST', '/increment?mode=sync', { key: damaged, value: 5 });
    expect(sync.status).toBe(200);
    await increment(damaged, 40);
    await increment(deleted, 7, { 'idempotency-key': randomUUID() });
    expect(await counted(damaged, 45)).toBe(45);
    expect(await counted(deleted, 7)).toBe(7);
    const copy = await drill.keepCopy();

    await increment(damaged, 2);
    await increment(later, 9, { 'idempotency-key': randomUUID() });
    expect(await counted(damaged, 47)).toBe(47);
    expect(await counted(later, 9)).toBe(9);
    await damage(dynamodb, table, { damaged, deleted });
    expect((await audit()).code).toBe(1);

    const restore = (...args: string[]) => operate('restore', '--table', 'counters', '--from', copy, ...args);
    expect(restore()).toMatchObject({ code: 1, lines: [{ same: false, missing: 1 }] });
    expect(restore('--apply')).toMatchObject({ code: 3, lines: [{ state: 'Enabled' }] });
    await drill.setConsumer('Disabled');
    expect(restore('--apply').code).toBe(0);
    expect(restore()).toMatchObject({ code: 0 });
    const replay = await drill.replay();
    expect(await counted(damaged, 47)).toBe(47);
    expect(await counted(deleted, 7)).toBe(7);
    expect(await counted(later, 9)).toBe(9);
    await replay.stop();
    await drill.setConsumer('Enabled');
    await increment(damaged, 1);
    expect(await counted(damaged, 48)).toBe(48);
    expect(await audit()).toMatchObject({ code: 0 });
    drill.close();
    dynamodb.destroy();
  }, 180_000);

  it('brings every ad back', async () => {
    const create = async (): Promise<string> => {
      const { status, body } = await call('POST', '/api/v1/ad', newAd(hour), { prefer: 'wait=10' });
      expect(status).toBe(201);
      return body['id'] as string;
    };
    const table = outputs['AdsTable'] ?? '';
    const drill = restoreDrill(endpoint, table, outputs['AdEventsDelivery'] ?? '');
    const dynamodb = new DynamoDBClient({ endpoint });
    const lost = await create();
    const copy = await drill.keepCopy();
    const later = await create();
    const Key = keyOf((await itemsOf(dynamodb, table)).find(({ pk }) => pk?.S === `ad#${lost}`));
    await dynamodb.send(new DeleteItemCommand({ TableName: table, Key }));
    // 503 for as long as a young id may only not be known yet.
    expect([404, 503]).toContain((await call('GET', `/api/v1/ad/${lost}`)).status);

    await drill.setConsumer('Disabled');
    expect(operate('restore', '--table', 'ads', '--from', copy, '--apply').code).toBe(0);
    expect((await call('GET', `/api/v1/ad/${lost}`)).status).toBe(200);
    const replay = await drill.replay();
    const found = await eventually(
      countedWithinMs,
      async () => (await call('GET', `/api/v1/ad/${later}`)).status,
      (status) => status === 200,
    );
    expect(found).toBe(200);
    await replay.stop();
    await drill.setConsumer('Enabled');
    await create();
    expect(operate('rebuild').code).toBe(0);
    drill.close();
    dynamodb.destroy();
  }, 180_000);
});

/** What an accident may do: one total is too high, one counter is gone, one is there that never was. */
async function damage(
  client: DynamoDBClient,
  table: string,
  { damaged, deleted }: { readonly damaged: string; readonly deleted: string },
): Promise<void> {
  const items = await itemsOf(client, table);
  const of = (key: string) =>
    items.find(({ pk, total }) => total !== undefined && pk?.S?.includes(key) === true);
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: keyOf(of(damaged)),
      UpdateExpression: 'ADD #total :more',
      ExpressionAttributeNames: { '#total': 'total' },
      ExpressionAttributeValues: { ':more': { N: '1000' } },
    }),
  );
  await client.send(new DeleteItemCommand({ TableName: table, Key: keyOf(of(deleted)) }));
  const stray = { ...of(damaged), pk: { S: `${of(damaged)?.['pk']?.S}-stray` } };
  await client.send(new PutItemCommand({ TableName: table, Item: stray }));
}
