import { describe, expect, it } from '@jest/globals';
import type { BatchOutcome, BatchRequest } from '../../../client/batch/batch-sender.ts';
import { Batcher } from '../../../client/batch/batcher.ts';
import { AdtallyError, type BatcherOptions, type FailedIncrements } from '../../../client/index.ts';
import type { Increment } from '../../../client/generated/schemas.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { clientClock } from '../support/client-clock.ts';
import { rejection } from '../support/scripted-api.ts';

const acknowledged: BatchOutcome = { type: 'acknowledged' };

interface Sent {
  readonly increments: readonly Increment[];
  readonly atMs: number;
  readonly end: (outcome: BatchOutcome) => void;
}

/** A batcher whose requests wait until the test ends them. */
function setUp(options: Partial<BatcherOptions> = {}) {
  const clock = createVirtualClock();
  const sent: Sent[] = [];
  const parting: string[][] = [];
  const failed: FailedIncrements[] = [];
  const makeRequest = (increments: readonly Increment[]): BatchRequest => ({
    bodyBytes: JSON.stringify({ increments }).length,
    send: (signal) =>
      new Promise((resolve) => {
        sent.push({ increments, atMs: clock.monotonicMs(), end: resolve });
        const stop = (): void => {
          resolve({ type: 'failed', error: error('aborted', true) });
        };
        if (signal.aborted) stop();
        signal.addEventListener('abort', stop);
      }),
    sendAndForget: () => {
      parting.push(increments.map(({ key }) => key));
    },
  });
  let presented = 0;
  const presentTokens = (): void => {
    presented += 1;
  };
  const batcher = new Batcher({ makeRequest, presentTokens }, clientClock(clock), {
    onFailed: (one) => failed.push(one),
    ...options,
  });
  return { batcher, clock, sent, failed, parting, presented: () => presented };
}

function error(code: string, ambiguous: boolean): AdtallyError {
  return new AdtallyError(code, { code, retryable: false, ambiguous, tries: 1 });
}

const one = (key: string, value = 1): Increment => ({ key, value });

describe('a batcher', () => {
  it('sends what was added once the first has waited long enough, summed by counter', async () => {
    const { batcher, clock, sent } = setUp({ flushEveryMs: 200 });
    await batcher.add('a', 1);
    await clock.advance(150);
    await batcher.add('b', 2);
    await batcher.add('a', 3);
    await clock.advance(49);
    expect(sent).toHaveLength(0);
    await clock.advance(1);
    expect(sent).toMatchObject([{ atMs: 200, increments: [one('a', 4), one('b', 2)] }]);
    expect(batcher.facts()).toMatchObject({ added: 3, queued: 3, queuedEntries: 2 });
    sent[0]!.end(acknowledged);
    await clock.advance(1000);
    expect(batcher.facts()).toEqual({
      ...{ added: 3, acknowledged: 3, failed: 0, queued: 0 },
      ...{ queuedEntries: 0, queuedBytes: 0, waiting: 0 },
    });
    expect(sent).toHaveLength(1);
    expect(clock.sleeping).toBe(0);
  });

  it('presents the tokens once flush or close has settled everything, and at no other time', async () => {
    const { batcher, clock, sent, presented } = setUp({ flushEveryMs: 200 });
    await batcher.add('a', 1);
    await clock.advance(200);
    sent[0]!.end(acknowledged);
    await clock.advance(10);
    await batcher.add('b', 1);
    const flushed = batcher.flush();
    await clock.advance(10);
    expect(presented()).toBe(0);
    sent[1]!.end(acknowledged);
    await flushed;
    expect(presented()).toBe(1);
    await batcher.close();
    expect(presented()).toBe(2);
  });

  it('sends a full batch at once', async () => {
    const { batcher, sent } = setUp({ batchEntriesMax: 2 });
    for (const key of ['a', 'b', 'c']) await batcher.add(key, 1);
    expect(sent).toMatchObject([{ increments: [one('a'), one('b')] }]);
  });

  it('cuts a batch before its body is too large', async () => {
    const key = (n: number): string => `${n}${'é'.repeat(200)}`;
    const { batcher, sent } = setUp({ batchBytesMax: 2048 });
    for (let n = 0; n < 9; n++) await batcher.add(key(n), Number.MAX_SAFE_INTEGER);
    void batcher.flush();
    for (const { increments } of sent) {
      expect(Buffer.byteLength(JSON.stringify({ increments }))).toBeLessThanOrEqual(2048);
      expect(increments).toHaveLength(4);
    }
  });

  it('does not add up beyond what an increment may be', async () => {
    const { batcher, sent } = setUp();
    await batcher.add('a', Number.MAX_SAFE_INTEGER);
    await batcher.add('a', 1);
    void batcher.flush();
    expect(sent.map(({ increments }) => increments)).toEqual([
      [one('a', Number.MAX_SAFE_INTEGER)],
      [one('a')],
    ]);
  });

  it('lets the open batch grow while as many requests as it may are under way', async () => {
    const { batcher, clock, sent } = setUp({ inFlightMax: 1, flushEveryMs: 10 });
    await batcher.add('a', 1);
    await clock.advance(10);
    await batcher.add('a', 1);
    await clock.advance(50);
    await batcher.add('a', 1);
    expect(sent).toHaveLength(1);
    sent[0]!.end(acknowledged);
    await clock.advance(0);
    expect(sent[1]).toMatchObject({ increments: [one('a', 2)] });
    expect(sent[1]!.atMs).toBe(60);
  });

  it('makes a caller wait while its queue is full, in turn, and says how many wait', async () => {
    const { batcher, clock, sent } = setUp({ queueEntriesMax: 2, waitingMax: 2, inFlightMax: 1 });
    const order: string[] = [];
    const add = (key: string): Promise<void> => batcher.add(key, 1).then(() => void order.push(key));
    await Promise.all([add('a'), add('b')]);
    void add('c');
    void add('d');
    await clock.advance(0);
    expect([order, batcher.facts().waiting, sent.length]).toEqual([['a', 'b'], 2, 1]);
    expect(await rejection(add('e'))).toMatchObject({ code: 'queue-full', retryable: true });
    sent[0]!.end(acknowledged);
    await clock.advance(0);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
    expect(batcher.facts()).toMatchObject({ queuedEntries: 2, waiting: 0, added: 4 });
  });

  it('bounds its queue in bytes as well', async () => {
    const { batcher, clock } = setUp({ queueBytesMax: 2048 });
    const adding = Promise.all(Array.from({ length: 9 }, (_, n) => batcher.add(`${n}${'x'.repeat(250)}`, 1)));
    adding.catch(() => undefined);
    await clock.advance(0);
    expect(batcher.facts()).toMatchObject({ queuedEntries: 7, waiting: 2 });
    expect(batcher.facts().queuedBytes).toBeLessThanOrEqual(2048);
  });

  it.each([
    ['', 1, 'characters'],
    ['x'.repeat(257), 1, 'characters'],
    ['a\u0000', 1, 'control'],
    ['\ud800', 1, 'surrogate'],
    [7, 1, 'be text'],
    ['a', 0, 'whole number'],
    ['a', 1.5, 'whole number'],
    ['a', 2 ** 53, 'whole number'],
    ['a', '1', 'whole number'],
  ])('refuses the increment %j, %j', async (key, value, word) => {
    const { batcher } = setUp();
    const refused = await rejection(batcher.add(key as string, value as number));
    expect(refused).toMatchObject({ code: 'invalid-input', message: expect.stringContaining(word) });
    expect(batcher.facts().added).toBe(0);
  });

  it('takes keys of 256 characters, whatever their length in code units', async () => {
    const { batcher } = setUp();
    await batcher.add('𝄞'.repeat(256), 1);
    expect(await rejection(batcher.add('𝄞'.repeat(257), 1))).toMatchObject({ code: 'invalid-input' });
  });
});

describe('what fails', () => {
  it('is told once, with the error, and whether it may have been counted', async () => {
    const { batcher, clock, sent, failed } = setUp();
    await batcher.add('a', 1);
    await batcher.add('a', 2);
    const flushed = batcher.flush();
    const why = error('timed-out', true);
    sent[0]!.end({ type: 'failed', error: why });
    await flushed;
    await clock.advance(5000);
    expect(failed).toEqual([{ increments: [one('a', 3)], error: why, ambiguous: true }]);
    expect(batcher.facts()).toMatchObject({ added: 2, failed: 2, acknowledged: 0, queued: 0 });
    expect(sent).toHaveLength(1);
  });

  it('in part leaves the rest acknowledged', async () => {
    const { batcher, sent, failed } = setUp();
    for (const key of ['a', 'b', 'c']) await batcher.add(key, 1);
    const flushed = batcher.flush();
    sent[0]!.end({ type: 'partly', failed: [{ index: 1 }], error: error('partly-accepted', true) });
    await flushed;
    expect(failed.map(({ increments }) => increments)).toEqual([[one('b')]]);
    expect(batcher.facts()).toMatchObject({ acknowledged: 2, failed: 1 });
  });

  it('because the API refuses it spoils no other: they are sent again without it', async () => {
    const { batcher, clock, sent, failed } = setUp();
    for (const key of ['a', 'b', 'c']) await batcher.add(key, 1);
    const flushed = batcher.flush();
    sent[0]!.end({ type: 'faulty', indexes: [0, 2], error: error('invalid-request', false) });
    await clock.advance(0);
    expect(sent[1]!.increments).toEqual([one('b')]);
    sent[1]!.end(acknowledged);
    await flushed;
    expect(failed).toMatchObject([{ increments: [one('a'), one('c')], ambiguous: false }]);
    expect(batcher.facts()).toMatchObject({ acknowledged: 1, failed: 2, queuedEntries: 0, queuedBytes: 0 });
  });

  it('for a reason that nobody foresaw is told too', async () => {
    const clock = createVirtualClock();
    const failed: FailedIncrements[] = [];
    const makeRequest = (): never => {
      throw new Error('no token');
    };
    const batcher = new Batcher({ makeRequest, presentTokens: () => undefined }, clientClock(clock), {
      onFailed: (one) => failed.push(one),
    });
    await batcher.add('a', 1);
    await batcher.flush();
    expect(failed).toMatchObject([{ increments: [one('a')], error: { cause: new Error('no token') } }]);
  });
});

describe('the end of a batcher', () => {
  it('waits for what there is, and takes no more', async () => {
    const { batcher, clock, sent, failed } = setUp({ queueEntriesMax: 1 });
    await batcher.add('a', 1);
    const waiting = rejection(batcher.add('b', 1));
    const closing = batcher.close();
    expect(await waiting).toMatchObject({ code: 'closed' });
    expect(await rejection(batcher.add('c', 1))).toMatchObject({ code: 'closed' });
    sent[0]!.end(acknowledged);
    await closing;
    expect([failed, clock.sleeping]).toEqual([[], 0]);
  });

  it('reports as failed what its time does not suffice for, also what was not sent yet', async () => {
    const { batcher, clock, failed } = setUp({ batchEntriesMax: 1, inFlightMax: 1 });
    for (const key of ['a', 'b']) await batcher.add(key, 1);
    const closing = batcher.close(300);
    await clock.advance(300);
    await closing;
    expect(failed.flatMap(({ increments }) => increments)).toEqual([one('a'), one('b')]);
    expect(batcher.facts()).toMatchObject({ added: 2, failed: 2, queued: 0 });
  });

  it('of its page sends everything once more that the browser takes, and goes on', async () => {
    const { batcher, clock, sent, parting } = setUp({ batchEntriesMax: 1, inFlightMax: 1 });
    for (const key of ['a', 'b']) await batcher.add(key, 1);
    batcher.sendBeforeUnload();
    expect(parting).toEqual([['a'], ['b']]);
    sent[0]!.end(acknowledged);
    await clock.advance(0);
    sent[1]!.end(acknowledged);
    await batcher.flush();
    expect(batcher.facts()).toMatchObject({ acknowledged: 2, queued: 0 });
  });

  it('of its page makes a failure ambiguous, until a batch is a new request', async () => {
    const { batcher, clock, sent, failed } = setUp();
    for (const key of ['a', 'b']) await batcher.add(key, 1);
    batcher.sendBeforeUnload();
    const certain = error('rate-limited', false);
    sent[0]!.end({ type: 'failed', error: certain });
    await clock.advance(0);
    expect(failed).toEqual([{ increments: [one('a'), one('b')], error: certain, ambiguous: true }]);
    for (const key of ['c', 'd']) await batcher.add(key, 1);
    batcher.sendBeforeUnload();
    // The API refused the whole request, and so the one of the page that closed.
    sent[1]!.end({ type: 'faulty', indexes: [0], error: error('invalid-request', false) });
    await clock.advance(0);
    sent[2]!.end({ type: 'failed', error: certain });
    await clock.advance(0);
    expect(failed.slice(1)).toMatchObject([
      { increments: [one('c')], ambiguous: false },
      { increments: [one('d')], ambiguous: false },
    ]);
  });

  it('of its page sends no more than 64 KiB', async () => {
    const { batcher, parting } = setUp({ inFlightMax: 1, batchBytesMax: 40_000 });
    for (let n = 0; n < 400; n++) await batcher.add(`${n}${'x'.repeat(200)}`, 1);
    batcher.sendBeforeUnload();
    expect(parting).toHaveLength(1);
    expect(parting[0]?.[0]).toMatch(/^0x/);
  });
});

describe('the limits of a batcher', () => {
  it.each([
    [{ batchEntriesMax: 501 }],
    [{ batchBytesMax: 262_145 }],
    [{ batchBytesMax: 100 }],
    [{ queueEntriesMax: 0 }],
    [{ patienceMs: 24 * 3_600_000 }],
    [{ flushEveryMs: Number.NaN }],
  ])('cannot be %j', (options) => {
    expect(() => setUp(options)).toThrow(RangeError);
  });
});
