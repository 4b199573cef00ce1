import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Invoker, zombiesMax } from '../../../lib/embedded/delivery/invoker.ts';
import { LaneQueue } from '../../../lib/embedded/delivery/lane-queue.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { createHarness, numbers, numbersOf } from './mapping-harness.ts';

/** Each bound of the delivery loop is met and left again, more than once. */
const timeoutMs = 1000;

describe('the invoker', () => {
  /** Calls that hang until they are ended, oldest first. */
  function createCrowd() {
    const clock = createVirtualClock();
    const stop = new AbortController();
    const invoker = new Invoker({ clock, timeoutMs, stop: stop.signal });
    const ends: ((how: 'returned' | 'thrown') => void)[] = [];
    const hang = () =>
      invoker.call(
        () =>
          new Promise<void>((resolve, reject) => {
            ends.push((how) => {
              if (how === 'returned') resolve();
              else reject(new Error('late'));
            });
          }),
      );
    return { clock, stop, invoker, ends, hang };
  }

  it('lets calls begin again as soon as one zombie has ended, each time', async () => {
    const { clock, invoker, ends, hang } = createCrowd();
    for (let round = 0; round < 3; round += 1) {
      const calls = Array.from({ length: zombiesMax - invoker.zombies }, hang);
      expect([invoker.running, invoker.crowded]).toEqual([calls.length, false]);
      await clock.advance(timeoutMs);
      expect(await Promise.all(calls)).toEqual(calls.map(() => ({ type: 'timed-out' })));
      expect([invoker.running, invoker.zombies, invoker.crowded]).toEqual([0, zombiesMax, true]);
      let entered = 0;
      const waiting = Array.from({ length: 3 }, () => invoker.room().then(() => (entered += 1)));
      await clock.advance(60_000);
      expect(entered).toBe(0);
      ends.shift()?.(round % 2 === 0 ? 'returned' : 'thrown');
      await clock.advance(0);
      // Nobody is left behind: those that waited may all try.
      expect([entered, invoker.zombies, invoker.crowded]).toEqual([3, zombiesMax - 1, false]);
      await Promise.all(waiting);
      for (const end of ends.splice(0, 20)) end('returned');
      await clock.advance(0);
      expect(invoker.zombies).toBe(zombiesMax - 21);
    }
    expect(clock.sleeping).toBe(0);
  });

  it('keeps those waiting that find it still crowded', async () => {
    const { clock, invoker, ends, hang } = createCrowd();
    Array.from({ length: zombiesMax }, () => void hang());
    await clock.advance(timeoutMs);
    const order: string[] = [];
    const enter = async (name: string): Promise<void> => {
      await invoker.room();
      order.push(name);
      void hang();
    };
    // Both find room for one, and take it.
    void enter('first');
    void enter('second');
    ends.shift()?.('returned');
    await clock.advance(timeoutMs);
    expect([order, invoker.zombies]).toEqual([['first', 'second'], zombiesMax + 1]);
    void enter('third');
    ends.shift()?.('returned');
    await clock.advance(timeoutMs);
    expect([order.length, invoker.zombies]).toEqual([2, zombiesMax]);
    ends.shift()?.('returned');
    await clock.advance(timeoutMs);
    expect([order.length, invoker.zombies]).toEqual([3, zombiesMax]);
  });

  it('counts calls that run, however they end, and leaves no timer behind', async () => {
    const { clock, invoker, ends, hang } = createCrowd();
    const [first, second, third] = [hang(), hang(), hang()];
    expect(invoker.running).toBe(3);
    ends[0]?.('returned');
    expect(await first).toMatchObject({ type: 'returned' });
    ends[1]?.('thrown');
    expect(await second).toMatchObject({ type: 'thrown' });
    await clock.advance(0);
    expect([invoker.running, invoker.zombies, clock.sleeping]).toEqual([1, 0, 1]);
    await clock.advance(timeoutMs - 1);
    expect([invoker.running, invoker.zombies]).toEqual([1, 0]);
    await clock.advance(1);
    expect([invoker.running, invoker.zombies, await third]).toEqual([0, 1, { type: 'timed-out' }]);
  });

  it('ends every wait at stop', async () => {
    const { clock, stop, invoker, hang } = createCrowd();
    Array.from({ length: zombiesMax }, () => void hang());
    await clock.advance(timeoutMs);
    const waiting = [invoker.room(), invoker.room()];
    stop.abort();
    await Promise.all(waiting);
    await invoker.room();
    expect(invoker.crowded).toBe(true);
  });
});

describe('a mapping full of zombies', () => {
  it('goes on in all lanes as they end, and settles everything', async () => {
    const ends: (() => void)[] = [];
    let healed = false;
    const { mapping, append, clock, invocations, telemetry } = createHarness({
      settings: { parallelizationFactor: 4, batchSize: 5 },
      handler: () => (healed ? undefined : new Promise<void>((resolve) => ends.push(resolve))),
      options: { functionTimeoutMs: timeoutMs },
    });
    await append(...numbers(1, 40));
    mapping.start();
    await clock.advance(300_000);
    const { zombies, invocationsRunning } = mapping.stats();
    // A lane that found room may pass the bound together with the others that did.
    expect(zombies).toBeGreaterThanOrEqual(zombiesMax);
    expect(zombies).toBeLessThan(zombiesMax + 4);
    expect(invocationsRunning).toBe(0);
    const before = invocations.length;
    await clock.advance(300_000);
    expect(invocations).toHaveLength(before);
    // A few end, and as many take their place.
    for (const end of ends.splice(0, zombies - zombiesMax + 1)) end();
    await clock.advance(300_000);
    expect(invocations.length).toBeGreaterThan(before);
    expect(mapping.stats().zombies).toBeGreaterThanOrEqual(zombiesMax);
    healed = true;
    for (const end of ends.splice(0)) end();
    await clock.advance(60_000);
    expect(mapping.stats()).toMatchObject({
      zombies: 0,
      shards: [{ recordsBehind: 0, lanesBusy: 0, checkpoint: '40' }],
    });
    expect(telemetry.lines.some(({ message }) => message.startsWith('too many timed-out'))).toBe(true);
    await append('a', 'b');
    await clock.advance(1000);
    expect(numbersOf(invocations).flat().slice(-2).toSorted()).toEqual(['41', '42']);
    await mapping.stop();
  });
});

describe('reading ahead', () => {
  it('is full of bytes and goes on when half is settled, again and again', async () => {
    const { mapping, log, clock, invocations } = createHarness({
      settings: { batchSize: 10, parallelizationFactor: 2 },
      handler: () => clock.sleep(100),
    });
    const data = new Uint8Array(900_000);
    for (let i = 0; i < 60; i += 1) await log.append([{ partitionKey: `key ${i}`, data }]);
    mapping.start();
    const behind: number[] = [];
    for (let i = 0; i < 30; i += 1) {
      await clock.advance(50);
      behind.push(mapping.stats().shards[0]?.recordsBehind ?? 0);
    }
    // 32 MiB are 27 records of 1.2 MB in JSON; a read brings at most 4 more.
    expect(Math.max(...behind)).toBeGreaterThanOrEqual(27);
    expect(Math.max(...behind)).toBeLessThanOrEqual(32);
    expect(behind.at(-1)).toBe(0);
    expect(numbersOf(invocations).flat()).toHaveLength(60);
    expect(mapping.stats().shards[0]?.checkpoint).toBe('60');
    await mapping.stop();
  });
});

describe('the window of a batch', () => {
  it('counts again once reading goes on', async () => {
    const held = Promise.withResolvers<undefined>();
    const { mapping, append, clock, invocations } = createHarness({
      settings: { batchSize: 400, maximumBatchingWindowSeconds: 1 },
      handler: () => (invocations.length === 1 ? held.promise : undefined),
    });
    for (let i = 0; i < 4; i += 1) await append(...numbers(1, 500));
    mapping.start();
    await clock.advance(5000);
    expect(mapping.stats().shards[0]?.recordsBehind).toBe(1000);
    held.resolve(undefined);
    await clock.advance(5000);
    expect(mapping.stats().shards[0]?.recordsBehind).toBe(0);
    const atMs = clock.monotonicMs();
    await append('a');
    await clock.advance(999);
    expect(numbersOf(invocations).flat()).not.toContain('2001');
    await clock.advance(1);
    expect(invocations.at(-1)).toMatchObject({ atMs: atMs + 1000, numbers: ['2001'] });
    await mapping.stop();
  });
});

describe('the queue of a lane', () => {
  it('does what lists do, through thousands of records that come and go', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('push' as const), count: fc.integer({ min: 0, max: 2500 }) }),
      fc.record({ type: fc.constant('settle' as const), part: fc.constantFrom(0.3, 0.5, 1, 1) }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(7, 1000, 3000),
        fc.array(step, { minLength: 20, maxLength: 40 }),
        (batchSize, steps) => {
          const queue = new LaneQueue(batchSize);
          const all: number[] = [];
          let settled = 0;
          let taken = 0;
          for (const each of steps) {
            if (each.type === 'push') {
              for (let i = 0; i < each.count; i += 1) {
                const sequenceNumber = String(all.length);
                all.push(all.length);
                const record = { sequenceNumber, partitionKey: 'k', data: new Uint8Array(), arrivedAtMs: 0 };
                queue.push(record, all.length - 1, (all.length - 1) % 97);
              }
            } else {
              if (taken === settled && queue.gathered > 0) {
                const batch = queue.take().map(({ sequenceNumber }) => Number(sequenceNumber));
                expect(batch).toEqual(all.slice(taken, taken + batchSize));
                taken += batch.length;
              }
              const count = Math.ceil((taken - settled) * each.part);
              const bytes = all.slice(settled, settled + count).reduce((sum, value) => sum + (value % 97), 0);
              expect(queue.settle(count)).toBe(bytes);
              settled += count;
            }
            const gathered = Math.min(batchSize, all.length - taken);
            expect([queue.size, queue.gathered, queue.full]).toEqual([
              all.length - settled,
              gathered,
              gathered === batchSize,
            ]);
            expect([queue.lowestUnsettled, queue.firstGathered]).toEqual([all[settled], all[taken]]);
            expect(queue.oldestUnsettled?.sequenceNumber).toBe(all[settled]?.toString());
          }
        },
      ),
      { numRuns: 4 },
    );
  });
});
