import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { environmentNames } from '../../core/environment-names.ts';
import type { StateStore, TableName } from '../../ports/state-store.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { tracedStateStore } from '../traced/traced-ports.ts';
import { clientOptions } from './aws-clients.ts';
import { createDynamodbStateStore } from './dynamodb-state-store.ts';
import { readVariable } from './lambda-environment.ts';
import { lambdaSpans } from './lambda-spans.ts';

const variables = {
  ads: environmentNames.adsTable,
  counters: environmentNames.countersTable,
  requests: environmentNames.requestsTable,
  tokens: environmentNames.tokensTable,
} as const;

/** The tables that this function uses, by the names that the environment gives them. */
export function lambdaStateStore(tables: readonly TableName[]): StateStore {
  const plain = createDynamodbStateStore({
    client: new DynamoDBClient(clientOptions()),
    tables: Object.fromEntries(tables.map((table) => [table, readVariable(variables[table])])),
    clock: systemClock,
    ids: systemIds,
  });
  return tracedStateStore(plain, lambdaSpans);
}
