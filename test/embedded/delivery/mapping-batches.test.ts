import { describe, expect, it } from '@jest/globals';
import { createHarness, forward, hang, numbers, numbersOf, stopFor, streamArn } from './mapping-harness.ts';

describe('the event of an invocation', () => {
  it('is what Lambda hands to a function of a Kinesis stream', async () => {
    const { mapping, invocations, append, clock } = createHarness();
    await clock.advance(123);
    await append('käse');
    mapping.start();
    await clock.advance(0);
    expect(invocations[0]?.event).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'käse',
            sequenceNumber: '1',
            data: 'a8Okc2U=',
            approximateArrivalTimestamp: 1_767_225_600.123,
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: 'shardId-000000000000:1',
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: 'arn:aws:iam::123456789012:role/aggregate-increments',
          awsRegion: 'eu-west-1',
          eventSourceARN: streamArn,
        },
      ],
    });
    await mapping.stop();
  });

  it('is built anew for a retry, so that what the function did to the first one does not show', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      handler: ({ event }) => {
        event.Records.splice(0);
        if (invocations.length === 1) throw new Error('first try');
      },
    });
    await append('a', 'b');
    mapping.start();
    await clock.advance(1000);
    expect(numbersOf(invocations)).toEqual([numbers(1, 2), numbers(1, 2)]);
    await mapping.stop();
  });
});

describe('a batch', () => {
  it('goes as soon as there is a record when there is no window', async () => {
    const { mapping, invocations, append, clock } = createHarness();
    mapping.start();
    await clock.advance(5);
    await append('a');
    await clock.advance(0);
    await clock.advance(10);
    await append('b', 'c');
    await clock.advance(0);
    expect(invocations.map(({ atMs, numbers: got }) => [atMs, got])).toEqual([
      [5, ['1']],
      [15, ['2', '3']],
    ]);
    await mapping.stop();
  });

  it('has at most batchSize records, in order', async () => {
    const { mapping, invocations, append, clock } = createHarness({ settings: { batchSize: 3 } });
    await append('a', 'b', 'c', 'd', 'e', 'f', 'g');
    mapping.start();
    await clock.advance(0);
    expect(numbersOf(invocations)).toEqual([numbers(1, 3), numbers(4, 6), ['7']]);
    await mapping.stop();
  });

  it('waits for its window from its first record on', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      settings: { maximumBatchingWindowSeconds: 0.05 },
    });
    mapping.start();
    await clock.advance(1000);
    await append('a');
    await clock.advance(30);
    await append('b');
    await clock.advance(19);
    expect(invocations).toEqual([]);
    await clock.advance(1);
    expect(invocations.map(({ atMs, numbers: got }) => [atMs, got])).toEqual([[1050, ['1', '2']]]);
    await mapping.stop();
  });

  it('goes before its window ends once it is full', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      settings: { batchSize: 2, maximumBatchingWindowSeconds: 5 },
    });
    await append('a', 'b', 'c');
    mapping.start();
    await clock.advance(0);
    expect(numbersOf(invocations)).toEqual([['1', '2']]);
    await clock.advance(5000);
    expect(numbersOf(invocations)).toEqual([['1', '2'], ['3']]);
    await mapping.stop();
  });

  it('gathers while the one before it is delivered, and goes right after it when its window is over', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      settings: { maximumBatchingWindowSeconds: 0.1 },
      handler: () => (invocations.length === 1 ? clock.sleep(500) : undefined),
    });
    await append('a');
    mapping.start();
    await clock.advance(150);
    await append('b');
    await clock.advance(450);
    expect(invocations.map(({ atMs, numbers: got }) => [atMs, got])).toEqual([
      [100, ['1']],
      [600, ['2']],
    ]);
    await mapping.stop();
  });

  it('stays below 6 MB of JSON, base64 and all', async () => {
    const { mapping, invocations, log, clock } = createHarness({ settings: { batchSize: 10_000 } });
    const data = new Uint8Array(1_000_000);
    for (let i = 0; i < 7; i += 1) await log.append([{ partitionKey: `k${i}`, data }]);
    mapping.start();
    await clock.advance(0);
    expect(numbersOf(invocations)).toEqual([numbers(1, 4), numbers(5, 7)]);
    for (const { event } of invocations) {
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(6 * 1024 * 1024);
    }
    await mapping.stop();
  });

  it('is of one shard alone', async () => {
    const { mapping, invocations, append, clock } = createHarness({ shardCount: 4 });
    await append(...numbers(1, 40));
    mapping.start();
    await clock.advance(0);
    const shardsOf = invocations.map(
      ({ event }) => new Set(event.Records.map(({ eventID }) => eventID.slice(0, 20))),
    );
    expect(shardsOf.map(({ size }) => size)).toEqual([1, 1, 1, 1]);
    expect(invocations.flatMap(({ numbers: got }) => got).toSorted((a, b) => Number(a) - Number(b))).toEqual(
      numbers(1, 40),
    );
    await mapping.stop();
  });
});

describe('reading ahead', () => {
  it('stops at its limit while nothing settles, and goes on from there', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { mapping, invocations, append, clock } = createHarness({
      settings: { batchSize: 400 },
      handler: () => (invocations.length === 1 ? held : undefined),
    });
    for (let i = 0; i < 10; i += 1) await append(...numbers(1, 500));
    mapping.start();
    await clock.advance(5000);
    expect(mapping.stats().shards[0]?.recordsBehind).toBe(1000);
    release();
    await clock.advance(0);
    expect(invocations.flatMap(({ numbers: got }) => got)).toEqual(numbers(1, 5000));
    await mapping.stop();
  });

  it('does not let a half-filled batch wait for its window when nothing more can be read', async () => {
    const { mapping, invocations, log, clock } = createHarness({
      settings: { batchSize: 10_000, maximumBatchingWindowSeconds: 300, parallelizationFactor: 10 },
    });
    const data = new Uint8Array(500_000);
    for (let i = 0; i < 80; i += 1) await log.append([{ partitionKey: `key ${i}`, data }]);
    mapping.start();
    await clock.advance(60_000);
    expect(invocations.length).toBeGreaterThan(0);
    await mapping.stop();
  });

  it('does not read for each of many single appends while a window is open', async () => {
    let reads = 0;
    const { mapping, invocations, append, clock } = createHarness({
      settings: { maximumBatchingWindowSeconds: 0.1 },
      reader: (log) => ({
        ...forward(log),
        read: async (...args) => {
          reads += 1;
          return log.read(...args);
        },
      }),
    });
    mapping.start();
    await clock.advance(0);
    reads = 0;
    for (let i = 0; i < 100; i += 1) {
      await append('a');
      await clock.advance(1);
    }
    await clock.advance(1);
    expect(invocations[0]?.numbers.length).toBeGreaterThan(75);
    expect(reads).toBeLessThanOrEqual(10);
    await mapping.stop();
  });

  it('goes on reading when a call-back is lost', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      reader: (log) => ({ ...forward(log), onAppend: () => () => undefined }),
    });
    mapping.start();
    await clock.advance(100);
    await append('a');
    await clock.advance(1000);
    expect(numbersOf(invocations)).toEqual([['1']]);
    await mapping.stop();
  });

  it('tries again when the log cannot be read, listed or asked for the checkpoint', async () => {
    let refusals = 6;
    const refuse = async <T>(work: () => Promise<T>): Promise<T> => {
      refusals -= 1;
      if (refusals % 2 !== 0) throw new Error('not now');
      return work();
    };
    const { mapping, invocations, append, clock } = createHarness({
      reader: (log) => ({
        ...forward(log),
        shards: () => refuse(() => log.shards()),
        read: (...args) => refuse(() => log.read(...args)),
        readCheckpoint: (...args) => refuse(() => log.readCheckpoint(...args)),
      }),
    });
    await append('a');
    mapping.start();
    await clock.advance(2000);
    expect(numbersOf(invocations)).toEqual([['1']]);
    await mapping.stop();
  });
});

describe('lanes', () => {
  it('work the keys of one shard side by side, each key in order', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      settings: { parallelizationFactor: 4, batchSize: 10 },
      handler: () => clock.sleep(100),
    });
    for (let round = 0; round < 5; round += 1) await append(...numbers(100, 119));
    mapping.start();
    await clock.advance(0);
    expect(mapping.stats().invocationsRunning).toBe(4);
    await clock.advance(10_000);
    expect(invocations.flatMap(({ numbers: got }) => got)).toHaveLength(100);
    const byKey = Map.groupBy(
      invocations.flatMap(({ event }) => event.Records),
      ({ kinesis }) => kinesis.partitionKey,
    );
    for (const records of byKey.values()) {
      const got = records.map(({ kinesis }) => Number(kinesis.sequenceNumber));
      expect(got).toEqual(got.toSorted((a, b) => a - b));
    }
    await mapping.stop();
  });

  it('never run two invocations with one key at a time', async () => {
    const running = new Set<string>();
    const clashes: string[] = [];
    const { mapping, append, clock, invocations } = createHarness({
      settings: { parallelizationFactor: 10, batchSize: 3 },
      handler: async ({ event, numbers: got }) => {
        const keys = new Set(event.Records.map(({ kinesis }) => kinesis.partitionKey));
        for (const key of keys) if (running.has(key)) clashes.push(key);
        for (const key of keys) running.add(key);
        await clock.sleep(7 + (Number(got[0]) % 5));
        for (const key of keys) running.delete(key);
      },
    });
    for (let round = 0; round < 20; round += 1) await append(...numbers(1, 12));
    mapping.start();
    await clock.advance(60_000);
    expect(invocations.flatMap(({ numbers: got }) => got)).toHaveLength(240);
    expect(clashes).toEqual([]);
    await mapping.stop();
  });

  it('go on while one of them hangs', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      settings: { parallelizationFactor: 2 },
      handler: ({ event }) =>
        event.Records.some(({ kinesis }) => kinesis.partitionKey === 'stuck') ? hang() : undefined,
    });
    await append('stuck');
    mapping.start();
    await clock.advance(0);
    await append('a', 'b', 'c', 'd', 'e');
    await clock.advance(100);
    const delivered = invocations.flatMap(({ event }) =>
      event.Records.map(({ kinesis }) => kinesis.partitionKey),
    );
    expect(delivered.length).toBeGreaterThan(1);
    expect(mapping.stats().shards[0]).toMatchObject({ lanesBusy: 1, oldestUnsettledAgeMs: 100 });
    await stopFor(mapping, clock);
  });
});
