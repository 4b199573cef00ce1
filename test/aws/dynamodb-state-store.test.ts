import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createDynamodbStateStore } from '../../lib/adapters/aws/dynamodb-state-store.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { testStateStore } from '../contracts/state-store.ts';
import { createTables } from './support/dynamodb-tables.ts';
import { emulatorIdentity, endpointOf } from './support/endpoints.ts';

testStateStore(
  'DynamoDB (on DynamoDB Local)',
  async () => {
    const client = new DynamoDBClient({
      ...clientOptions({ requestTimeoutMs: 20_000 }),
      ...emulatorIdentity,
      endpoint: endpointOf('dynamodb'),
    });
    const tables = await createTables(client);
    return {
      store: createDynamodbStateStore({ client, tables, clock: systemClock, ids: systemIds }),
      close: async () => {
        client.destroy();
        return Promise.resolve();
      },
    };
  },
  // One Java process behind one lock: about 850 writes a second.
  { writersMax: 10 },
);
