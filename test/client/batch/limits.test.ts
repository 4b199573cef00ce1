import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeBatchPolicy } from '../../../client/batch/batch-policy.ts';
import type { BatchOutcome, BatchRequest } from '../../../client/batch/batch-sender.ts';
import { entryBytes } from '../../../client/batch/batch.ts';
import { Batcher } from '../../../client/batch/batcher.ts';
import {
  AdtallyError,
  type BatcherOptions,
  type FailedIncrements,
  type Increment,
} from '../../../client/index.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { clientClock } from '../support/client-clock.ts';

/** Each limit of a batcher: at it, and one beyond it; entered, and left again. */

interface Sent {
  readonly keys: readonly string[];
  readonly increments: readonly Increment[];
  readonly atMs: number;
  readonly end: (outcome?: BatchOutcome) => Promise<void>;
}

function setUp(options: Partial<BatcherOptions> = {}, bodyBytes?: (keys: readonly string[]) => number) {
  const clock = createVirtualClock();
  const sent: Sent[] = [];
  const parting: (readonly string[])[] = [];
  const failed: FailedIncrements[] = [];
  const makeRequest = (increments: readonly Increment[]): BatchRequest => {
    const keys = increments.map(({ key }) => key);
    return {
      bodyBytes: bodyBytes?.(keys) ?? JSON.stringify({ increments }).length,
      send: (signal) =>
        new Promise((resolve) => {
          const end = async (outcome: BatchOutcome = { type: 'acknowledged' }): Promise<void> => {
            resolve(outcome);
            await clock.advance(0);
          };
          sent.push({ keys, increments, atMs: clock.monotonicMs(), end });
          signal.addEventListener('abort', () => void end({ type: 'failed', error: failure }));
        }),
      sendAndForget: () => void parting.push(keys),
    };
  };
  const batcher = new Batcher({ makeRequest, presentTokens: () => undefined }, clientClock(clock), {
    onFailed: (one) => failed.push(one),
    ...options,
  });
  const addAll = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await batcher.add(key, 1);
  };
  return { batcher, clock, sent, parting, failed, addAll };
}

const failure = new AdtallyError('failed', { code: 'timed-out', retryable: true, ambiguous: true, tries: 1 });

describe('a limit of a batcher', () => {
  it.each([
    ['flushEveryMs', 0, Infinity],
    ['waitingMax', 0, Infinity],
    ['inFlightMax', 1, Infinity],
    ['queueEntriesMax', 1, Infinity],
    // An entry may have 2,048 bytes.
    ['queueBytesMax', 2048, Infinity],
    ['batchEntriesMax', 1, 500],
    ['batchBytesMax', 2048, 262_144],
    ['patienceMs', 1, 72_000_000],
  ])('%s is from %d to %d', (name, least, most) => {
    const make = (value: number) => () => makeBatchPolicy({ [name]: value, onFailed: () => undefined });
    expect(make(least)()).toMatchObject({ [name]: least });
    expect(make(most)()).toMatchObject({ [name]: most });
    expect(make(least - 1)).toThrow(RangeError);
    expect(make(Number.NaN)).toThrow(RangeError);
    if (most !== Infinity) expect(make(most + 1)).toThrow(RangeError);
  });
});

describe('the bytes of a batch', () => {
  const key = fc.oneof(
    fc.string({ minLength: 1, maxLength: 256 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.constantFrom('"'.repeat(256), '\\'.repeat(200), '𝄞'.repeat(256), 'é'.repeat(256)),
  );

  it('are at least those of its entry with the largest value, and hardly more', () => {
    fc.assert(
      fc.property(key, (text) => {
        const bytes = Buffer.byteLength(`${JSON.stringify({ key: text, value: 2 ** 53 - 1 })},`);
        expect(entryBytes(text) - bytes).toBeGreaterThanOrEqual(0);
        expect(entryBytes(text) - bytes).toBeLessThanOrEqual(2);
      }),
    );
    expect(entryBytes('𝄞'.repeat(256))).toBeLessThanOrEqual(2048);
    expect(entryBytes('"'.repeat(256))).toBeLessThanOrEqual(2048);
  });

  it('fill what a body may have, and no more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { minLength: 8, maxLength: 30 }), async (keys) => {
        const { batcher, sent } = setUp({ batchBytesMax: 2048, inFlightMax: 1000 });
        const valid = keys.filter((one) => !/\p{Cc}|\p{Cs}/u.test(one));
        for (const one of valid) await batcher.add(one, Number.MAX_SAFE_INTEGER);
        void batcher.flush();
        expect(sent.flatMap((one) => one.keys)).toEqual(valid);
        for (const [index, { increments }] of sent.entries()) {
          const bytes = Buffer.byteLength(JSON.stringify({ increments }));
          expect(bytes).toBeLessThanOrEqual(2048);
          const next = sent[index + 1]?.increments[0];
          if (next !== undefined)
            expect(
              bytes + Buffer.byteLength(JSON.stringify(next)) + 2 * increments.length + 4,
            ).toBeGreaterThan(2048);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('fill a body to its last byte', async () => {
    // 18 bytes around ten entries of 203.
    const { sent, addAll, batcher } = setUp({ batchBytesMax: 2048 });
    await addAll(...Array.from({ length: 11 }, (_, n) => `${n}${'x'.repeat(166)}`.slice(0, 166)));
    void batcher.flush();
    expect(sent.map(({ keys }) => keys.length)).toEqual([10, 1]);
  });

  // 256 bytes each.
  const keyOf = (n: number): string => `${n}${'x'.repeat(218)}`;

  it('fill the queue to the last, and are free again once they are settled', async () => {
    const { batcher, clock, sent, addAll } = setUp({ queueBytesMax: 2048, batchEntriesMax: 8 });
    for (let round = 0; round < 3; round++) {
      await addAll(...Array.from({ length: 8 }, (_, n) => keyOf(n)));
      expect(batcher.facts()).toMatchObject({ queuedEntries: 8, queuedBytes: 2048, waiting: 0 });
      const ninth = batcher.add(keyOf(8), 1);
      expect(batcher.facts()).toMatchObject({ waiting: 1 });
      await sent.at(-1)!.end();
      await ninth;
      expect(batcher.facts()).toMatchObject({ queuedEntries: 1, queuedBytes: 256, waiting: 0 });
      await clock.advance(1000);
      await sent.at(-1)!.end();
      expect(batcher.facts()).toMatchObject({ queued: 0, queuedEntries: 0, queuedBytes: 0 });
    }
    expect(sent).toHaveLength(6);
  });
});

describe('a queue that is full', () => {
  it('lets those that wait in, one as each place is free, without waiting for its time', async () => {
    const { batcher, clock, sent } = setUp({ queueEntriesMax: 1, waitingMax: 3, inFlightMax: 1 });
    const order: string[] = [];
    const add = (key: string) => batcher.add(key, 1).then(() => order.push(key));
    const all = ['a', 'b', 'c', 'd'].map(add);
    await clock.advance(0);
    await expect(add('e')).rejects.toMatchObject({ code: 'queue-full' });
    for (const key of ['a', 'b', 'c']) {
      expect(sent.at(-1)).toMatchObject({ keys: [key], atMs: 0 });
      await sent.at(-1)!.end();
    }
    await Promise.all(all);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    // None waits any more, so the last one has its own time.
    expect(sent).toHaveLength(3);
    await clock.advance(1000);
    expect(sent.at(-1)).toMatchObject({ keys: ['d'], atMs: 1000 });
    await sent.at(-1)!.end();
    await add('f');
    expect(batcher.facts()).toMatchObject({ queuedEntries: 1, waiting: 0 });
  });

  it('lets none overtake those that wait, though it would fit', async () => {
    const { batcher, clock, sent } = setUp({ queueBytesMax: 2048, inFlightMax: 1 });
    const large = (n: number): string => `${n}${'é'.repeat(240)}`;
    for (const n of [0, 1, 2]) await batcher.add(large(n), 1);
    const order: string[] = [];
    for (const key of [large(3), 'small']) void batcher.add(key, 1).then(() => order.push(key));
    await clock.advance(0);
    expect(batcher.facts()).toMatchObject({ waiting: 2 });
    await sent[0]!.end();
    expect(order).toEqual([large(3), 'small']);
  });

  it('refuses at once when none may wait', async () => {
    const { batcher } = setUp({ queueEntriesMax: 1, waitingMax: 0 });
    await batcher.add('a', 1);
    await expect(batcher.add('b', 1)).rejects.toMatchObject({ code: 'queue-full' });
    await batcher.add('a', 1);
    expect(batcher.facts()).toMatchObject({ added: 2, queuedEntries: 1 });
  });
});

describe('the time of a batch', () => {
  it('begins with its own first increment, also after a batch that was full before its time', async () => {
    const { clock, sent, addAll } = setUp({ batchEntriesMax: 2, flushEveryMs: 1000 });
    await addAll('a', 'b');
    await clock.advance(500);
    await addAll('c');
    await clock.advance(999);
    expect(sent.map(({ keys }) => keys)).toEqual([['a', 'b']]);
    await clock.advance(1);
    expect(sent[1]).toMatchObject({ keys: ['c'], atMs: 1500 });
  });

  it('begins anew after a flush that found no free request', async () => {
    const { batcher, clock, sent, addAll } = setUp({
      batchEntriesMax: 2,
      inFlightMax: 1,
      flushEveryMs: 1000,
    });
    await addAll('a', 'b', 'c');
    void batcher.flush();
    await addAll('d', 'e');
    await sent[0]!.end();
    await sent[1]!.end();
    expect(sent.map(({ keys }) => keys)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    await clock.advance(1000);
    expect(sent[2]).toMatchObject({ keys: ['e'], atMs: 1000 });
  });

  it('to be closed in is 10 s unless it is said', async () => {
    for (const [timeoutMs, endMs] of [
      [undefined, 10_000],
      [70, 70],
    ] as const) {
      const { batcher, clock, failed, addAll } = setUp();
      await addAll('a');
      const closed = batcher.close(timeoutMs);
      await clock.advance(endMs - 1);
      expect(failed).toEqual([]);
      await clock.advance(1);
      expect(failed).toHaveLength(1);
      await closed;
    }
  });

  it('to be closed in is over once it is closed', async () => {
    const { batcher, clock, sent, failed, addAll } = setUp();
    await addAll('a');
    const closed = batcher.close(500);
    await sent[0]!.end();
    await closed;
    expect(clock.sleeping).toBe(0);
    expect(failed).toEqual([]);
  });

  it('of a flush is until all is settled: what is open, sealed and under way', async () => {
    const { batcher, sent, addAll } = setUp({ batchEntriesMax: 1, inFlightMax: 1 });
    await addAll('a', 'b');
    const open = setUp();
    await open.addAll('c');
    let flushed = 0;
    void batcher.flush().then(() => (flushed += 1));
    void open.batcher.flush().then(() => (flushed += 1));
    await sent[0]!.end();
    expect(flushed).toBe(0);
    await sent[1]!.end();
    expect(flushed).toBe(1);
    await open.sent[0]!.end();
    expect(flushed).toBe(2);
    void batcher.flush().then(() => (flushed += 1));
    await Promise.resolve();
    await open.clock.advance(0);
    expect(flushed).toBe(3);
  });
});

describe('a page that closes', () => {
  const sizes: Record<string, number> = { a: 20_000, b: 20_000, c: 20_000, d: 1 };
  const sizeOf = (keys: readonly string[]): number => sizes[keys[0] ?? ''] ?? 1;

  it.each([
    ['to the last byte', 20_000, [['a'], ['b'], ['c']]],
    ['not a byte more', 20_001, [['a'], ['b']]],
    ['in turn, though a later one would fit', 20_001, [['a'], ['b']]],
  ])('sends the oldest first, 60,000 bytes in all: %s', async (_name, last, parted) => {
    const { batcher, parting, addAll } = setUp({ batchEntriesMax: 1, inFlightMax: 1 }, (keys) =>
      keys[0] === 'c' ? last : sizeOf(keys),
    );
    await addAll('a', 'b', 'c', ...(last === 20_001 ? ['d'] : []));
    batcher.sendBeforeUnload();
    expect(parting).toEqual(parted);
  });

  it('sends what is not full yet, too, and goes on with it', async () => {
    const { batcher, sent, parting, clock, addAll } = setUp();
    await addAll('a', 'b');
    batcher.sendBeforeUnload();
    expect(parting).toEqual([['a', 'b']]);
    expect(sent).toMatchObject([{ keys: ['a', 'b'], atMs: 0 }]);
    await sent[0]!.end();
    batcher.sendBeforeUnload();
    expect(parting).toHaveLength(1);
    await clock.advance(5000);
    expect(batcher.facts()).toMatchObject({ acknowledged: 2, queued: 0 });
    expect(sent).toHaveLength(1);
  });
});

describe('the outcome of a batch', () => {
  it('counts calls of add, not entries', async () => {
    const { batcher, sent, failed, addAll } = setUp();
    await addAll('a', 'a', 'a', 'b', 'c', 'c');
    void batcher.flush();
    await sent[0]!.end({ type: 'partly', failed: [{ index: 0 }], error: failure });
    expect(batcher.facts()).toMatchObject({ added: 6, acknowledged: 3, failed: 3, queued: 0 });
    expect(failed).toMatchObject([{ increments: [{ key: 'a', value: 3 }], ambiguous: true }]);
  });

  it('that leaves nothing out reports nothing', async () => {
    const { batcher, sent, failed, addAll } = setUp();
    await addAll('a');
    void batcher.flush();
    await sent[0]!.end({ type: 'partly', failed: [], error: failure });
    expect(failed).toEqual([]);
    expect(batcher.facts()).toMatchObject({ acknowledged: 1 });
  });

  it('is one of its sums: as large as an increment may be, in as many batches as that takes', async () => {
    const { batcher, sent } = setUp({ inFlightMax: 9 });
    for (const value of [2 ** 53 - 2, 1, 1, 2 ** 53 - 1]) await batcher.add('a', value);
    void batcher.flush();
    expect(sent.map(({ increments }) => increments[0]?.value)).toEqual([2 ** 53 - 1, 1, 2 ** 53 - 1]);
  });
});
