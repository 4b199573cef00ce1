import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { environmentNames } from '../../core/environment-names.ts';
import type { StateStore, TableName } from '../../ports/state-store.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { clientOptions } from './aws-clients.ts';
import { createDynamodbStateStore } from './dynamodb-state-store.ts';
import { readVariable } from './lambda-environment.ts';

const variables = {
  ads: environmentNames.adsTable,
  counters: environmentNames.countersTable,
  requests: environmentNames.requestsTable,
  tokens: environmentNames.tokensTable,
} as const;

/** The tables that this function uses, by the names that the environment gives them. */
export function lambdaStateStore(tables: readonly TableName[]): StateStore {
  return createDynamodbStateStore({
    client: new DynamoDBClient(clientOptions()),
    tables: Object.fromEntries(tables.map((table) => [table, readVariable(variables[table])])),
    clock: systemClock,
    ids: systemIds,
  });
}
