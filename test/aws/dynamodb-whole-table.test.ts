import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDynamodbWholeTable } from '../../lib/adapters/aws/dynamodb-whole-table.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import type { TableItem, WholeTable } from '../../lib/ports/whole-table.ts';
import { unique } from '../contracts/unique.ts';
import { openLocalStore, type LocalStore } from './support/dynamodb-local.ts';

describe('a whole table (on DynamoDB Local)', () => {
  let local: LocalStore;
  const deps = { clock: systemClock, ids: systemIds };
  const open = (name: string): Promise<WholeTable> =>
    openDynamodbWholeTable({ client: local.client, table: 'counters', name, ...deps });

  beforeAll(async () => {
    local = await openLocalStore();
  });
  afterAll(() => {
    local.client.destroy();
  });

  it('is read from one end to the other, each item once, over several pages', async () => {
    // A page of DynamoDB has 1 MB at most, and one of DynamoDB Local somewhat more.
    const items = Array.from({ length: 10 }, (_, i): TableItem => ({
      key: { table: 'counters', pk: `k${i}`, sk: i % 2 === 0 ? '' : 'side' },
      attributes: { total: BigInt(i) * 10n ** 20n, bytes: new Uint8Array(250_000).fill(i), text: 'ü' },
    }));
    for (const { key, attributes } of items) await local.store.write({ type: 'put', key, attributes });
    const pages: (readonly TableItem[])[] = [];
    for await (const page of (await open(local.names.counters)).pages()) pages.push(page);
    expect(pages.length).toBeGreaterThan(1);
    const read = pages.flat().toSorted((a, b) => (a.key.pk < b.key.pk ? -1 : 1));
    expect(read).toEqual(items);
  });

  it('has no item when it is empty, whatever its name in AWS', async () => {
    const read: TableItem[] = [];
    for await (const page of (await open(local.names.requests)).pages()) read.push(...page);
    expect(read).toEqual([]);
  });

  it('is read and written by key as the store does it', async () => {
    const whole = await open(local.names.tokens);
    const key = { table: 'counters', pk: 'k', sk: '' } as const;
    await whole.store.writeEach([{ type: 'put', key, attributes: { total: 7n } }]);
    expect(await whole.store.getMany([key])).toEqual([{ total: 7n }]);
    // It went to the table that was named, and to no other.
    expect(await local.store.get({ ...key, table: 'tokens' })).toEqual({ total: 7n });
    expect(await local.store.get(key)).toBeUndefined();
  });

  it('is refused when there is none by this name, or its keys are others', async () => {
    await expect(open('nothing-of-this-name')).rejects.toThrow(
      /^the table nothing-of-this-name cannot be read: /,
    );
    const name = unique('other');
    await local.client.send(
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
