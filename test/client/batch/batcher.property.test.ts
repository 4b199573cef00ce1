import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BatchOutcome, BatchRequest } from '../../../client/batch/batch-sender.ts';
import { Batcher } from '../../../client/batch/batcher.ts';
import { AdtallyError } from '../../../client/index.ts';
import type { Increment } from '../../../client/generated/schemas.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { clientClock } from '../support/client-clock.ts';

const limits = { batchEntriesMax: 3, queueEntriesMax: 7, queueBytesMax: 2048, waitingMax: 4, inFlightMax: 2 };
const keys = ['a', 'b', 'c', 'd', 'é'.repeat(60), 'f'.repeat(256)];

const increment = fc.record({
  key: fc.constantFrom(...keys),
  value: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(Number.MAX_SAFE_INTEGER)),
});
const end = fc.record({
  which: fc.nat(3),
  type: fc.constantFrom('acknowledged', 'partly', 'faulty', 'failed', 'thrown'),
  index: fc.nat(2),
});
const step = fc.oneof(
  { weight: 6, arbitrary: increment.map((value) => ({ type: 'add', ...value }) as const) },
  { weight: 3, arbitrary: end.map((value) => ({ ...value, type: 'end', how: value.type }) as const) },
  { weight: 2, arbitrary: fc.nat(1500).map((ms) => ({ type: 'advance', ms }) as const) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'flush' } as const, { type: 'unload' } as const) },
);
const ending = fc.constantFrom('close', 'flush');

/** Sums by counter; exact, whatever is added up. */
class Sums {
  readonly #sums = new Map<string, bigint>();

  add({ key, value }: Increment): void {
    this.#sums.set(key, (this.#sums.get(key) ?? 0n) + BigInt(value));
  }

  get all(): Record<string, string> {
    return Object.fromEntries(Array.from(this.#sums, ([key, sum]) => [key, String(sum)] as const));
  }
}

it('settles every increment once, acknowledged or reported failed, whatever happens in whichever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), ending, async (steps, last) => {
      const clock = createVirtualClock();
      const added = new Sums();
      const settled = new Sums();
      const underWay: { increments: readonly Increment[]; end: (outcome: BatchOutcome | Error) => void }[] =
        [];
      const makeRequest = (increments: readonly Increment[]): BatchRequest => {
        expect(new Set(increments.map(({ key }) => key)).size).toBe(increments.length);
        expect(increments.length).toBeLessThanOrEqual(limits.batchEntriesMax);
        return {
          bodyBytes: 1,
          send: (signal) =>
            new Promise((resolve, reject) => {
              const sent = {
                increments,
                end: (outcome: BatchOutcome | Error): void => {
                  underWay.splice(underWay.indexOf(sent), 1);
                  if (outcome instanceof Error) reject(outcome);
                  else resolve(outcome);
                },
              };
              underWay.push(sent);
              expect(underWay.length).toBeLessThanOrEqual(limits.inFlightMax);
              const stop = (): void => {
                if (underWay.includes(sent)) sent.end({ type: 'failed', error: failure });
              };
              if (signal.aborted) stop();
              signal.addEventListener('abort', stop);
            }),
          sendAndForget: () => undefined,
        };
      };
      const batcher = new Batcher({ makeRequest, presentTokens: () => undefined }, clientClock(clock), {
        ...limits,
        onFailed: ({ increments }) => {
          increments.forEach((one) => {
            settled.add(one);
          });
        },
      });
      const finish = (place: number, type: string, at: number): void => {
        const sent = underWay[place % Math.max(1, underWay.length)];
        if (sent === undefined) return;
        const index = at % sent.increments.length;
        const others = sent.increments.filter((_one, other) => other !== index);
        if (type === 'acknowledged')
          sent.increments.forEach((one) => {
            settled.add(one);
          });
        if (type === 'partly')
          others.forEach((one) => {
            settled.add(one);
          });
        sent.end(outcomeOf(type, index));
      };
      let refused = 0;
      const adding: Promise<void>[] = [];
      for (const one of steps) {
        if (one.type === 'advance') await clock.advance(one.ms);
        else if (one.type === 'flush') void batcher.flush();
        else if (one.type === 'unload') batcher.sendBeforeUnload();
        else if (one.type === 'end') finish(one.which, one.how, one.index);
        else {
          const accept = (): void => {
            added.add(one);
          };
          adding.push(batcher.add(one.key, one.value).then(accept, () => void (refused += 1)));
        }
        await Promise.resolve();
        const { queuedEntries, queuedBytes, waiting } = batcher.facts();
        expect(queuedEntries).toBeLessThanOrEqual(limits.queueEntriesMax);
        expect(queuedBytes).toBeLessThanOrEqual(limits.queueBytesMax);
        expect(waiting).toBeLessThanOrEqual(limits.waitingMax);
      }
      const ended = last === 'close' ? batcher.close(100) : flushAll();
      await clock.advance(100);
      await ended;
      await Promise.all(adding);
      const facts = batcher.facts();
      expect(settled.all).toEqual(added.all);
      expect(facts).toMatchObject({ queued: 0, queuedEntries: 0, queuedBytes: 0, waiting: 0 });
      expect(facts.added + refused).toBe(adding.length);
      expect(clock.sleeping).toBe(0);

      /** Everything is acknowledged from now on, until nobody waits any more. */
      async function flushAll(): Promise<void> {
        for (let turn = 0; turn < 100 && batcher.facts().queued + batcher.facts().waiting > 0; turn++) {
          void batcher.flush();
          await Promise.resolve();
          finish(0, 'acknowledged', 0);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    }),
    { numRuns: 300 },
  );
});

const failure = new AdtallyError('failed', { code: 'timed-out', retryable: true, ambiguous: true, tries: 1 });

function outcomeOf(type: string, index: number): BatchOutcome | Error {
  if (type === 'thrown') return new Error('nobody foresaw this');
  if (type === 'partly') return { type, failed: [{ index }], error: failure };
  if (type === 'faulty') return { type, indexes: [index], error: failure };
  return type === 'failed' ? { type, error: failure } : { type: 'acknowledged' };
}
