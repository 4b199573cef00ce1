import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { clientOptions, type ClientTimeouts } from '../../../lib/adapters/aws/aws-clients.ts';
import { createDynamodbStateStore } from '../../../lib/adapters/aws/dynamodb-state-store.ts';
import { createKinesisEventLog } from '../../../lib/adapters/aws/kinesis-event-log.ts';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import type { StreamName } from '../../../lib/core/streams.ts';
import type { EventLog } from '../../../lib/ports/event-log.ts';
import type { StateStore, TableName } from '../../../lib/ports/state-store.ts';
import { emulatorIdentity } from './endpoints.ts';

/**
 * A sixth of what the functions have: a hanging server costs a test little, a busy machine does not seem to
 * hang.
 */
export const impatience: ClientTimeouts = {
  connectionTimeoutMs: 500,
  requestTimeoutMs: 500,
  idleMaxMs: 10_000,
};

const system = { clock: systemClock, ids: systemIds };

export function kinesisAt(
  endpoint: string,
  stream: StreamName = 'increments',
  timeouts: ClientTimeouts = impatience,
): EventLog {
  const client = new KinesisClient({ ...clientOptions(timeouts), ...emulatorIdentity, endpoint });
  return createKinesisEventLog({ client, stream, streamName: `adtally-test-${stream}.1`, ...system });
}

const testTables = {
  ads: 'ads',
  counters: 'counters',
  requests: 'requests',
  tokens: 'tokens',
  delivery: 'delivery',
};

export function dynamodbAt(
  endpoint: string,
  tables: Record<TableName, string> = testTables,
  timeouts: ClientTimeouts = impatience,
): StateStore {
  const client = new DynamoDBClient({ ...clientOptions(timeouts), ...emulatorIdentity, endpoint });
  return createDynamodbStateStore({ client, tables, ...system });
}
