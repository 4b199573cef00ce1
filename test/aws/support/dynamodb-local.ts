import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../../lib/adapters/aws/aws-clients.ts';
import { createDynamodbStateStore } from '../../../lib/adapters/aws/dynamodb-state-store.ts';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import type { StateStore, TableName } from '../../../lib/ports/state-store.ts';
import { createTables } from './dynamodb-tables.ts';
import { emulatorIdentity, endpointOf } from './endpoints.ts';

export interface LocalStore {
  readonly client: DynamoDBClient;
  readonly names: Record<TableName, string>;
  readonly store: StateStore;
}

/** The store of a deployed stage, over fresh tables of DynamoDB Local. Destroy the client at the end. */
export async function openLocalStore(): Promise<LocalStore> {
  const client = new DynamoDBClient({
    ...clientOptions({ requestTimeoutMs: 20_000 }),
    ...emulatorIdentity,
    endpoint: endpointOf('dynamodb'),
  });
  const names = await createTables(client);
  const deps = { clock: systemClock, ids: systemIds };
  return { client, names, store: createDynamodbStateStore({ client, tables: names, ...deps }) };
}
