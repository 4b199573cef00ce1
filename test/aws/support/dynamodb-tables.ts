import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TableName } from '../../../lib/ports/state-store.ts';
import { unique } from '../../contracts/unique.ts';

/** The four tables, fresh, with the keys that the stack gives them. */
export async function createTables(client: DynamoDBClient): Promise<Record<TableName, string>> {
  const names = {
    ads: unique('ads'),
    counters: unique('counters'),
    requests: unique('requests'),
    tokens: unique('tokens'),
    delivery: unique('delivery'),
  };
  for (const name of Object.values(names)) await createTable(client, name);
  return names;
}

/** A table with the keys that the stack gives each. */
export async function createTable(client: DynamoDBClient, name: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
}
