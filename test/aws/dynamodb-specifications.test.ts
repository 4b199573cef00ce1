import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createDynamodbStateStore } from '../../lib/adapters/aws/dynamodb-state-store.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import type { StateStore } from '../../lib/ports/state-store.ts';
import { specifyAdDecisions } from '../specifications/ad-decisions.ts';
import { specifyCounting } from '../specifications/counting.ts';
import { roomsOf } from '../specifications/specification-store.ts';
import { createTables } from './support/dynamodb-tables.ts';
import { emulatorIdentity, endpointOf } from './support/endpoints.ts';

/** The domain's specifications once more, with the store of a deployed stage. */
describe('on DynamoDB Local', () => {
  let client: DynamoDBClient;
  let state: StateStore;
  beforeAll(async () => {
    client = new DynamoDBClient({
      ...clientOptions({ requestTimeoutMs: 20_000 }),
      ...emulatorIdentity,
      endpoint: endpointOf('dynamodb'),
    });
    const tables = await createTables(client);
    state = createDynamodbStateStore({ client, tables, clock: systemClock, ids: systemIds });
  });
  afterAll(() => {
    client.destroy();
  });

  const rooms = roomsOf(() => state);
  specifyCounting(rooms);
  specifyAdDecisions(rooms);
});
