import { describe, expect, it } from '@jest/globals';
import { zombiesMax } from '../../../lib/embedded/delivery/invoker.ts';
import {
  createHarness,
  failAt,
  functionTimeoutMs,
  hang,
  numbers,
  numbersOf,
  stopFor,
  streamArn,
  type Handler,
} from './mapping-harness.ts';

/** Throws while the batch has one of these. */
function throwOn(...poison: readonly string[]): Handler {
  return ({ numbers: got }) => {
    if (got.some((number) => poison.includes(number))) throw new Error('poison');
  };
}

/** Names these when the batch has them. */
function nameOf(...poison: readonly string[]): Handler {
  return ({ numbers: got }) => failAt(...got.filter((number) => poison.includes(number)));
}

describe('a failed batch', () => {
  it('is tried again whole, with pauses that double up to five seconds', async () => {
    const { mapping, invocations, append, clock } = createHarness({ handler: throwOn('1') });
    await append('a', 'b');
    mapping.start();
    await clock.advance(25_000);
    expect(invocations.map(({ atMs }) => atMs)).toEqual([
      0, 100, 300, 700, 1500, 3100, 6300, 11_300, 16_300, 21_300,
    ]);
    expect(new Set(invocations.map(({ numbers: got }) => got.join()))).toEqual(new Set(['1,2']));
    await mapping.stop();
  });

  it('holds back the records behind it', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      settings: { batchSize: 2 },
      handler: throwOn('1'),
    });
    await append('a', 'b', 'c');
    mapping.start();
    await clock.advance(60_000);
    expect(invocations.flatMap(({ numbers: got }) => got)).not.toContain('3');
    await mapping.stop();
  });

  it('is tried again after an answer that nobody can read', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      handler: () => (invocations.length === 1 ? failAt('no number of this batch') : undefined),
    });
    await append('a', 'b');
    mapping.start();
    await clock.advance(1000);
    expect(numbersOf(invocations)).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    await mapping.stop();
  });

  it('is tried again when the function throws before it returns a promise', async () => {
    const { mapping, append, clock } = createHarness({
      options: {
        invoke: () => {
          throw new Error('not even a promise');
        },
      },
    });
    await append('a');
    mapping.start();
    await clock.advance(1000);
    expect(mapping.stats().shards[0]?.recordsBehind).toBe(1);
    await mapping.stop();
  });
});

describe('a partial answer', () => {
  it('settles what comes before the lowest number it names, and the rest is delivered again', async () => {
    const { mapping, invocations, append, clock, log } = createHarness({
      handler: () => (invocations.length === 1 ? failAt('4', '3') : undefined),
    });
    await append('a', 'b', 'c', 'd', 'e');
    mapping.start();
    await clock.advance(50);
    expect(await log.readCheckpoint('aggregate-increments', 'shardId-000000000000')).toBe('2');
    await clock.advance(1000);
    expect(numbersOf(invocations)).toEqual([numbers(1, 5), numbers(3, 5)]);
    await mapping.stop();
  });

  it('costs a retry without bisect, as AWS was measured to do: four invocations for three retries', async () => {
    const { mapping, invocations, failures, append, clock } = createHarness({
      settings: { maximumRetryAttempts: 3 },
      handler: nameOf('6'),
    });
    await append('a', 'b', 'c', 'd', 'e', 'f');
    mapping.start();
    await clock.advance(60_000);
    expect(numbersOf(invocations)).toEqual([numbers(1, 6), ['6'], ['6'], ['6']]);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4 },
      responseContext: { statusCode: 200, functionError: null },
      KinesisBatchInfo: { batchSize: 1, startSequenceNumber: '6', endSequenceNumber: '6' },
    });
    await mapping.stop();
  });

  it('is a split with bisect, which costs no retry', async () => {
    const { mapping, invocations, failures, append, clock } = createHarness({
      settings: { maximumRetryAttempts: 0, bisectBatchOnFunctionError: true },
      handler: ({ numbers: got }) => (got.length > 1 ? failAt(got[1] ?? '') : undefined),
    });
    await append('a', 'b', 'c', 'd');
    mapping.start();
    await clock.advance(10_000);
    expect(numbersOf(invocations)).toEqual([numbers(1, 4), numbers(2, 4), numbers(3, 4), ['4']]);
    expect(failures).toEqual([]);
    await mapping.stop();
  });
});

describe('bisect', () => {
  it('halves a batch whose function throws, and works the left half before the right', async () => {
    const { mapping, invocations, append, clock } = createHarness({
      settings: { bisectBatchOnFunctionError: true },
      handler: ({ numbers: got }) => {
        if (got.length > 2) throw new Error('too many');
      },
    });
    await append(...numbers(1, 8));
    mapping.start();
    await clock.advance(10_000);
    expect(numbersOf(invocations)).toEqual([
      numbers(1, 8),
      numbers(1, 4),
      numbers(1, 2),
      numbers(3, 4),
      numbers(5, 8),
      numbers(5, 6),
      numbers(7, 8),
    ]);
    await mapping.stop();
  });

  it.each([
    ['throws', throwOn('5')],
    ['names it', nameOf('5')],
  ])('discards one poison record alone when the function %s, for ever', async (_, handler) => {
    const { mapping, failures, invocations, append, clock } = createHarness({
      settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 2 },
      handler,
    });
    await append(...numbers(1, 8));
    mapping.start();
    await clock.advance(60_000);
    expect(
      failures.map((failure) => failure.payload.Records.map(({ kinesis }) => kinesis.sequenceNumber)),
    ).toEqual([['5']]);
    // The tries of the lone record: a first one and two retries.
    expect(numbersOf(invocations).filter((got) => got.join() === '5')).toHaveLength(3);
    expect(mapping.stats().shards[0]?.checkpoint).toBe('8');
    await mapping.stop();
  });

  it('without bisect everything from the checkpoint on is discarded with the poison', async () => {
    const { mapping, failures, append, clock } = createHarness({
      settings: { maximumRetryAttempts: 1 },
      handler: nameOf('5'),
    });
    await append(...numbers(1, 8));
    mapping.start();
    await clock.advance(60_000);
    expect(
      failures.map(({ KinesisBatchInfo: info }) => [info.startSequenceNumber, info.endSequenceNumber]),
    ).toEqual([['5', '8']]);
    await mapping.stop();
  });
});

describe('a function that is not back in time', () => {
  it('counts as failed, and its batch is delivered again while it may still run', async () => {
    let endZombie = (): void => undefined;
    const { mapping, invocations, append, clock } = createHarness({
      handler: () =>
        invocations.length === 1 ? new Promise<void>((resolve) => (endZombie = resolve)) : undefined,
    });
    await append('a');
    mapping.start();
    await clock.advance(functionTimeoutMs - 1);
    expect(invocations).toHaveLength(1);
    await clock.advance(101);
    expect(invocations.map(({ atMs }) => atMs)).toEqual([0, functionTimeoutMs + 100]);
    expect(mapping.stats()).toMatchObject({ zombies: 1, shards: [{ recordsBehind: 0 }] });
    endZombie();
    await clock.advance(0);
    expect(mapping.stats().zombies).toBe(0);
    await mapping.stop();
  });

  it('has no say once it is late: neither its failure nor its error reaches anything', async () => {
    const { mapping, invocations, append, clock, failures } = createHarness({
      settings: { maximumRetryAttempts: 5 },
      handler: async () => {
        if (invocations.length > 1) return;
        await clock.sleep(functionTimeoutMs + 5000);
        throw new Error('too late');
      },
    });
    await append('a');
    mapping.start();
    await clock.advance(60_000);
    expect(invocations).toHaveLength(2);
    expect(failures).toEqual([]);
    await mapping.stop();
  });

  it('is not started again while too many of its kind still run', async () => {
    const { mapping, invocations, append, clock } = createHarness({ handler: hang });
    await append('a');
    mapping.start();
    await clock.advance(2 * zombiesMax * functionTimeoutMs);
    expect(invocations).toHaveLength(zombiesMax);
    expect(mapping.stats().zombies).toBe(zombiesMax);
    await mapping.stop();
  });
});

describe('the failure destination', () => {
  it('gets why and the records in full, as the S3 destination of Lambda', async () => {
    const { mapping, failures, invocations, append, clock } = createHarness({
      settings: { maximumRetryAttempts: 1 },
      handler: throwOn('2'),
    });
    await append('a');
    await clock.advance(7);
    await append('b');
    mapping.start();
    await clock.advance(1000);
    expect(failures).toEqual([
      {
        version: '1.0',
        timestamp: '2026-01-01T00:00:00.107Z',
        requestContext: {
          requestId: 'aggregate-increments/shardId-000000000000/1-2',
          functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:aggregate-increments',
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 2,
        },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        KinesisBatchInfo: {
          shardId: 'shardId-000000000000',
          startSequenceNumber: '1',
          endSequenceNumber: '2',
          approximateArrivalOfFirstRecord: '2026-01-01T00:00:00.000Z',
          approximateArrivalOfLastRecord: '2026-01-01T00:00:00.007Z',
          batchSize: 2,
          streamArn,
        },
        payload: invocations[0]?.event,
      },
    ]);
    await mapping.stop();
  });

  it('is tried until it works, and nothing behind is delivered before', async () => {
    let refusals = 3;
    const { mapping, failures, invocations, append, clock } = createHarness({
      settings: { maximumRetryAttempts: 0, batchSize: 1 },
      handler: throwOn('1'),
      onFailure: async () => {
        refusals -= 1;
        if (refusals === 2) await hang();
        if (refusals >= 0) throw new Error('not now');
      },
    });
    await append('a', 'b');
    mapping.start();
    await clock.advance(functionTimeoutMs - 1);
    expect([failures.length, invocations.length]).toEqual([0, 1]);
    await clock.advance(2000);
    expect(failures).toHaveLength(1);
    expect(numbersOf(invocations)).toEqual([['1'], ['2']]);
    await mapping.stop();
  });

  it('gets records that are too old before they were ever delivered, and only those', async () => {
    const { mapping, failures, invocations, append, clock } = createHarness({
      settings: { maximumRecordAgeSeconds: 60 },
    });
    await append('a', 'b');
    await clock.advance(40_000);
    await append('c');
    await clock.advance(20_001);
    mapping.start();
    await clock.advance(0);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 1 },
      KinesisBatchInfo: { startSequenceNumber: '1', endSequenceNumber: '2' },
    });
    expect(failures[0]).not.toHaveProperty('responseContext');
    expect(numbersOf(invocations)).toEqual([['3']]);
    await mapping.stop();
  });

  it('has records that are too old before the checkpoint passes them', async () => {
    const { mapping, log, append, clock, restart, failures } = createHarness({
      settings: { maximumRecordAgeSeconds: 60 },
      onFailure: () => (failures.length === 0 && clock.monotonicMs() < 100_000 ? hang() : Promise.resolve()),
    });
    await append('a', 'b');
    await clock.advance(60_001);
    mapping.start();
    await clock.advance(1000);
    expect(await log.readCheckpoint('aggregate-increments', 'shardId-000000000000')).toBeUndefined();
    await stopFor(mapping, clock);
    expect(await log.readCheckpoint('aggregate-increments', 'shardId-000000000000')).toBeUndefined();
    await clock.advance(100_000);
    const next = restart();
    next.start();
    await clock.advance(1000);
    expect(failures.map(({ KinesisBatchInfo: info }) => info.endSequenceNumber)).toEqual(['2']);
    expect(await log.readCheckpoint('aggregate-increments', 'shardId-000000000000')).toBe('2');
    await next.stop();
  });

  it('gets records that grow too old while they are retried', async () => {
    const { mapping, failures, invocations, append, clock } = createHarness({
      settings: { maximumRecordAgeSeconds: 60 },
      handler: throwOn('1'),
    });
    await append('a');
    mapping.start();
    await clock.advance(70_000);
    expect(failures[0]?.requestContext).toMatchObject({
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: invocations.length,
    });
    expect(invocations.at(-1)?.atMs).toBeLessThanOrEqual(60_000);
    await mapping.stop();
  });

  it('is not asked, and nothing is lost, when the mapping stops meanwhile', async () => {
    const { mapping, failures, restart, append, clock } = createHarness({
      settings: { maximumRetryAttempts: 0 },
      handler: throwOn('1'),
      onFailure: () => hang(),
    });
    await append('a');
    mapping.start();
    await clock.advance(0);
    await stopFor(mapping, clock);
    expect(failures).toEqual([]);
    const delivered: string[] = [];
    const next = restart(({ numbers: got }) => void delivered.push(...got));
    next.start();
    await clock.advance(0);
    expect(delivered).toEqual(['1']);
    await next.stop();
  });
});
