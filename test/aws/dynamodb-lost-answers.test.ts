import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import type { StateStore, TableName } from '../../lib/ports/state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { unique } from '../contracts/unique.ts';
import { batchOf, increment, keyed, logRecords, type Logged } from '../support/counter-world.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import { createTables } from './support/dynamodb-tables.ts';
import { emulatorIdentity, endpointOf } from './support/endpoints.ts';
import { dynamodbAt, impatience } from './support/faulty-adapters.ts';
import {
  awsError,
  startMisbehavingServer,
  type Behaviour,
  type MisbehavingServer,
} from './support/misbehaving-server.ts';

const deliveriesMax = 60;

/** Counting on DynamoDB Local through a server that loses answers, throttles and fails, as a seed chooses. */
describe('Counting while DynamoDB loses answers', () => {
  let server: MisbehavingServer;
  let store: StateStore;
  let tables: Record<TableName, string>;
  beforeAll(async () => {
    server = await startMisbehavingServer();
    tables = await createTables(
      new DynamoDBClient({ ...emulatorIdentity, endpoint: endpointOf('dynamodb') }),
    );
    // The store behind is a Java process: it may be slow without being lost.
    store = dynamodbAt(server.endpoint, tables, { ...impatience, requestTimeoutMs: 3000 });
  });
  afterAll(async () => server.close());

  /** Delivers until all is settled, as a mapping does; resolves to the number of deliveries. */
  async function deliver(records: readonly LogRecord[]): Promise<number> {
    const aggregator = createAggregator({
      state: store,
      quarantine: createMemoryQuarantine(),
      clock: systemClock,
      ids: systemIds,
      telemetry: nullTelemetry,
      settings: stageSettings('dev'),
    });
    let rest = records;
    for (let deliveries = 1; deliveries <= deliveriesMax; deliveries += 1) {
      const { lowestUnsettled } = await aggregator.aggregate(batchOf(rest));
      if (lowestUnsettled === undefined) return deliveries;
      rest = rest.slice(rest.findIndex(({ sequenceNumber }) => sequenceNumber === lowestUnsettled));
    }
    throw new Error(`not settled after ${deliveriesMax} deliveries`);
  }

  test.each([1, 2, 3, 4, 5])('each increment counts once (seed %i)', async (seed) => {
    const random = new Prng(seed);
    const keys = Array.from({ length: 6 }, () => unique('counter'));
    const logged = Array.from({ length: 60 }, () => {
      const key = keys[random.int(0, keys.length - 1)] ?? '';
      const value = random.int(1, 1000);
      return random.chance(0.3) ? keyed(key, value) : increment(key, value);
    });
    // A keyed request that was appended twice.
    const twice = logged.filter(({ event }) => event?.keyed === true).slice(0, 3);
    const records = logRecords([...logged, ...twice], 7n, Date.now());
    const faults = chaos(random, endpointOf('dynamodb'));
    server.behave(faults.next);
    await deliver(records);
    // The same records again, as a mapping that lost its own answer delivers them.
    await deliver(records);
    server.behave(() => ({ type: 'forward', endpoint: endpointOf('dynamodb'), loses: false }));
    expect(await totals(keys)).toEqual(sums(keys, logged));
    expect(faults.count()).toBeGreaterThan(0);
  });

  test('an outage delays counting and loses nothing', async () => {
    const key = unique('counter');
    const records = logRecords([increment(key, 5), increment(key, 6)], 7n, Date.now());
    const outageEndsMs = performance.now() + 3000;
    server.behave(() =>
      performance.now() < outageEndsMs
        ? awsError(503, 'ServiceUnavailable')
        : { type: 'forward', endpoint: endpointOf('dynamodb'), loses: false },
    );
    await deliver(records);
    const lateMs = performance.now() - outageEndsMs;
    expect(await totals([key])).toEqual([11n]);
    console.log(`settled ${Math.round(lateMs)} ms after the end of an outage of 3 s`);
    expect(lateMs).toBeGreaterThan(0);
    expect(lateMs).toBeLessThan(10_000);
  });

  async function totals(keys: readonly string[]): Promise<unknown[]> {
    const items = await store.getMany(keys.map(counterKey));
    return items.map((item) => item?.['total']);
  }
});

function sums(keys: readonly string[], logged: readonly Logged[]): bigint[] {
  return keys.map((key) =>
    logged.reduce((sum, { event }) => (event?.key === key ? sum + BigInt(event.value) : sum), 0n),
  );
}

/** Does half of the requests the wrong way. */
function chaos(random: Prng, endpoint: string): { next: () => Behaviour; count: () => number } {
  let count = 0;
  const faults: readonly Behaviour[] = [
    { type: 'forward', endpoint, loses: true },
    { type: 'forward', endpoint, loses: true },
    { type: 'reset' },
    awsError(500, 'InternalServerError'),
    awsError(400, 'ProvisionedThroughputExceededException'),
  ];
  const next = (): Behaviour => {
    if (!random.chance(0.5)) return { type: 'forward', endpoint, loses: false };
    count += 1;
    return faults[random.int(0, faults.length - 1)] ?? { type: 'reset' };
  };
  return { next, count: () => count };
}
