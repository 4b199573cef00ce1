import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createDynamodbStateStore } from '../../lib/adapters/aws/dynamodb-state-store.ts';
import { openDynamodbWholeTable } from '../../lib/adapters/aws/dynamodb-whole-table.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import type { StateStore, TableName } from '../../lib/ports/state-store.ts';
import type { TableItem, WholeTable } from '../../lib/ports/whole-table.ts';
import { unique } from '../contracts/unique.ts';
import { createTables } from './support/dynamodb-tables.ts';
import { emulatorIdentity, endpointOf } from './support/endpoints.ts';

describe('a whole table (on DynamoDB Local)', () => {
  let client: DynamoDBClient;
  let names: Record<TableName, string>;
  let store: StateStore;
  const deps = { clock: systemClock, ids: systemIds };
  const open = (name: string): Promise<WholeTable> =>
    openDynamodbWholeTable({ client, table: 'counters', name, ...deps });

  beforeAll(async () => {
    client = new DynamoDBClient({
      ...clientOptions({ requestTimeoutMs: 20_000 }),
      ...emulatorIdentity,
      endpoint: endpointOf('dynamodb'),
    });
    names = await createTables(client);
    store = createDynamodbStateStore({ client, tables: names, ...deps });
  });
  afterAll(() => {
    client.destroy();
  });

  it('is read from one end to the other, each item once, over several pages', async () => {
    // A page of DynamoDB has 1 MB at most, and one of DynamoDB Local somewhat more.
    const items = Array.from({ length: 10 }, (_, i): TableItem => ({
      key: { table: 'counters', pk: `k${i}`, sk: i % 2 === 0 ? '' : 'side' },
      attributes: { total: BigInt(i) * 10n ** 20n, bytes: new Uint8Array(250_000).fill(i), text: 'ü' },
    }));
    for (const { key, attributes } of items) await store.write({ type: 'put', key, attributes });
    const pages: (readonly TableItem[])[] = [];
    for await (const page of (await open(names.counters)).pages()) pages.push(page);
    expect(pages.length).toBeGreaterThan(1);
    const read = pages.flat().toSorted((a, b) => (a.key.pk < b.key.pk ? -1 : 1));
    expect(read).toEqual(items);
  });

  it('has no item when it is empty, whatever its name in AWS', async () => {
    const read: TableItem[] = [];
    for await (const page of (await open(names.requests)).pages()) read.push(...page);
    expect(read).toEqual([]);
  });

  it('is read and written by key as the store does it', async () => {
    const whole = await open(names.tokens);
    const key = { table: 'counters', pk: 'k', sk: '' } as const;
    await whole.store.writeEach([{ type: 'put', key, attributes: { total: 7n } }]);
    expect(await whole.store.getMany([key])).toEqual([{ total: 7n }]);
    // It went to the table that was named, and to no other.
    expect(await store.get({ ...key, table: 'tokens' })).toEqual({ total: 7n });
    expect(await store.get(key)).toBeUndefined();
  });

  it('is refused when there is none by this name, or its keys are others', async () => {
    await expect(open('nothing-of-this-name')).rejects.toThrow(
      /^the table nothing-of-this-name cannot be read: /,
    );
    const name = unique('other');
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      }),
    );
    await expect(open(name)).rejects.toThrow(`the table ${name} has other keys`);
  });
});
