import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createDynamodbStateStore } from '../../lib/adapters/aws/dynamodb-state-store.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import type { EventLog } from '../../lib/ports/event-log.ts';
import type { LogReader } from '../../lib/ports/log-reader.ts';
import type { Quarantine } from '../../lib/ports/quarantine.ts';
import type { StateStore } from '../../lib/ports/state-store.ts';
import { createTables } from '../aws/support/dynamodb-tables.ts';
import { installEmulators, missingForDynamodb, startDynamodbLocal } from '../aws/support/emulators.ts';
import { emulatorIdentity } from '../aws/support/endpoints.ts';
import { createMemoryEventLog } from '../support/memory/memory-event-log.ts';
import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import type { BenchContext } from './harness.ts';
import { openBenchLmdb } from './lmdb-stores.ts';

export interface ContentionStores {
  readonly where: string;
  readonly state: StateStore;
  readonly log: EventLog & LogReader;
  readonly quarantine: Quarantine;
  close(): Promise<void>;
}

const requestTimeoutMs = 20_000;

/** When quick, DynamoDB Local is left out: it needs Java, and takes seconds to start. */
export function openContentionStores({
  quick,
}: Pick<BenchContext, 'quick'>): readonly (() => Promise<ContentionStores>)[] {
  return quick ? [inMemory, onLmdb] : [inMemory, onLmdb, onDynamodbLocal];
}

const memoryParts = () => ({
  log: createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 1, clock: systemClock }),
  quarantine: createMemoryQuarantine(),
});

function inMemory(): Promise<ContentionStores> {
  return Promise.resolve({
    where: 'in memory',
    state: createMemoryStateStore(),
    ...memoryParts(),
    close: () => Promise.resolve(),
  });
}

function onLmdb(): Promise<ContentionStores> {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-bench-'));
  const stores = openBenchLmdb(folder);
  return Promise.resolve({
    where: 'on LMDB',
    state: stores.state,
    log: stores.increments,
    quarantine: stores.quarantine,
    close: async () => {
      await stores.close();
      rmSync(folder, { recursive: true });
    },
  });
}

async function onDynamodbLocal(): Promise<ContentionStores> {
  const missing = missingForDynamodb();
  if (missing !== undefined) throw new Error(`DynamoDB Local cannot run: ${missing}; install Java 17`);
  installEmulators();
  const emulator = await startDynamodbLocal();
  try {
    const client = new DynamoDBClient({
      ...clientOptions({ requestTimeoutMs }),
      ...emulatorIdentity,
      endpoint: emulator.endpoint,
    });
    const tables = await createTables(client);
    return {
      where: 'on DynamoDB Local',
      state: createDynamodbStateStore({ client, tables, clock: systemClock, ids: systemIds }),
      ...memoryParts(),
      close: () => {
        client.destroy();
        emulator.stop();
        return Promise.resolve();
      },
    };
  } catch (error) {
    emulator.stop();
    throw error;
  }
}
