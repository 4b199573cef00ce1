import { describe, expect, it } from '@jest/globals';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import {
  createCounterWorld,
  garbage,
  increment,
  keyed,
  logRecords,
  totals,
  totalOf,
  type CounterWorld,
} from '../support/counter-world.ts';
import { faultyPorts } from '../support/faulty-ports.ts';

const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-dev-increments.1';

/** As Lambda hands it over: through JSON. */
function kinesisEvent(records: readonly LogRecord[]): KinesisStreamEvent {
  const event = {
    Records: records.map(({ sequenceNumber, partitionKey, data, arrivedAtMs }) => ({
      eventID: `shardId-000000000000:${sequenceNumber}`,
      eventVersion: '1.0',
      eventSource: 'aws:kinesis',
      eventName: 'aws:kinesis:record',
      eventSourceARN: arn,
      awsRegion: 'eu-west-1',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/r',
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey,
        sequenceNumber,
        data: Buffer.from(data).toString('base64'),
        approximateArrivalTimestamp: arrivedAtMs / 1000,
      },
    })),
  };
  return JSON.parse(JSON.stringify(event)) as KinesisStreamEvent;
}

/** A context with this much time left; Lambda calls the function with nothing else that it uses. */
function context(remainingMs = 30_000): Context {
  return { getRemainingTimeInMillis: () => remainingMs } as Context;
}

const invoke = (world: CounterWorld, records: readonly LogRecord[], remainingMs?: number) =>
  createAggregateIncrements(world.ports)(kinesisEvent(records), context(remainingMs));

describe('aggregate-increments', () => {
  it('counts a batch and answers that all of it is settled', async () => {
    const world = createCounterWorld();
    const logged = [increment('a', 1), keyed('ключ', 2), garbage('a'), increment('a', 4)];
    expect(await invoke(world, logRecords(logged))).toStrictEqual({ batchItemFailures: [] });
    expect(await totals(world.memoryState, logged)).toStrictEqual({ a: 5n, ключ: 2n });
    expect(
      (await world.quarantine.list({ limit: 9 })).records.map(({ data }) => Buffer.from(data).toString()),
    ).toStrictEqual(['not an event']);
  });

  it('names the lowest record that it could not settle, as it was delivered', async () => {
    const memory = createCounterWorld();
    const faulty = faultyPorts({ state: memory.memoryState, quarantine: memory.quarantine }, () => 'refuse');
    const world = { ...memory, ports: { ...memory.ports, state: faulty.state } };
    const records = logRecords([increment('a'), increment('b')]).map((record) => ({
      ...record,
      sequenceNumber: `000${record.sequenceNumber}`,
    }));
    expect(await invoke(world, records)).toStrictEqual({ batchItemFailures: [{ itemIdentifier: '0007' }] });
  });

  it('ends before Lambda ends it, and reports what is left', async () => {
    const memory = createCounterWorld();
    const slow = faultyPorts({ state: memory.memoryState, quarantine: memory.quarantine }, async () => {
      await memory.clock.sleep(1000);
      return undefined;
    });
    const world = { ...memory, ports: { ...memory.ports, state: slow.state } };
    const records = logRecords([
      keyed('a'),
      garbage('a'),
      keyed('a'),
      garbage('a'),
      keyed('a'),
      garbage('a'),
      keyed('a'),
    ]);
    const answer = await invoke(world, records, 5000);
    expect(world.clock.monotonicMs()).toBeLessThan(5000);
    expect(answer).toStrictEqual({ batchItemFailures: [{ itemIdentifier: '10' }] });
    expect(await totalOf(memory.memoryState, 'a')).toBe(2n);
  });

  it('runs without a time limit where nobody sets one', async () => {
    const world = createCounterWorld();
    const event = kinesisEvent(logRecords([increment('a', 5)]));
    const run = createAggregateIncrements(world.ports) as (
      event: KinesisStreamEvent,
      context: object,
    ) => Promise<unknown>;
    expect(await run(event, {})).toStrictEqual({ batchItemFailures: [] });
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });

  it('throws at what is no Kinesis event, so that nothing is taken for settled', async () => {
    const world = createCounterWorld();
    const run = createAggregateIncrements(world.ports);
    await expect(run({ Records: [] }, context())).rejects.toThrow('a Kinesis event of a wrong size');
  });
});
