import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AdtallyError, createClient, type BatcherFacts, type Increment } from '../../client/index.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { clientClock } from './support/client-clock.ts';
import { CountingApi, fates, idsOf, refusedPrefix, type Fate } from './support/counting-api.ts';

/**
 * Goals: an increment has one Idempotency-Key for ever, whatever way it takes (first attempt, retry, page that
 * closes, flush, close), and is counted as often as its caller was told. Non-goals: the wire (faults.test.ts).
 */

const counters = ['a', 'b', 'c', 'd', `${refusedPrefix}e`];
const bitsMax = 53;

const step = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...counters).map((key) => ({ type: 'add', key }) as const) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(1, 40, 200, 1100, 9000).map((ms) => ({ type: 'advance', ms }) as const),
  },
  { weight: 2, arbitrary: fc.constantFrom({ type: 'hide' } as const, { type: 'flush' } as const) },
  {
    weight: 2,
    arbitrary: fc
      .record({ key: fc.constantFrom('a', 'x'), keyed: fc.boolean(), many: fc.boolean() })
      .map((call) => ({ type: 'call', ...call }) as const),
  },
);
const course = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
  fates: fc.array(fc.constantFrom(...fates), { maxLength: 40, size: 'max' }),
  ending: fc.constantFrom('close', 'settle'),
  readYourWrites: fc.boolean(),
});

/** Gives each increment of a counter a bit of its own; undefined: the counter has none left. */
class Bits {
  readonly #next = new Map<string, number>();

  take(key: string): Increment | undefined {
    const bit = this.#next.get(key) ?? 0;
    this.#next.set(key, bit + 1);
    return bit < bitsMax ? { key, value: 2 ** bit } : undefined;
  }
}

/** What a caller knows about its increments, by increment. */
class Told {
  readonly acknowledged = new Set<string>();
  readonly certainlyNot = new Set<string>();
  readonly perhaps = new Set<string>();
  readonly twice: string[] = [];

  say(which: 'acknowledged' | 'certainlyNot' | 'perhaps', increments: readonly Increment[]): void {
    for (const id of increments.flatMap(idsOf)) {
      if (this.#knows(id)) this.twice.push(id);
      this[which].add(id);
    }
  }

  #knows(id: string): boolean {
    return this.acknowledged.has(id) || this.certainlyNot.has(id) || this.perhaps.has(id);
  }
}

function isBusy({ queued, waiting }: BatcherFacts): boolean {
  return queued + waiting > 0;
}

describe('an increment', () => {
  it('keeps its one key on every way, and is counted as its caller was told', async () => {
    const met = new Set<Fate>();
    await fc.assert(
      fc.asyncProperty(course, async ({ steps, fates: drawn, ending, readYourWrites }) => {
        const clock = createVirtualClock();
        let requests = 0;
        const api = new CountingApi(() => {
          const fate = drawn[requests++] ?? 'answered';
          met.add(fate);
          return fate;
        });
        let [keys, calls] = [0, 0];
        const client = createClient({
          baseUrl: 'http://api.test',
          policy: { tryTimeoutMs: 500, callTimeoutMs: 4000, breaker: { triesMin: 4, openMs: 300 } },
          deps: {
            clock: clientClock(clock),
            random: () => 0.5,
            newKey: () => `key-${++keys}`,
            fetch: api.fetch,
          },
        });
        const [bits, told] = [new Bits(), new Told()];
        const [added, working]: [string[], Promise<unknown>[]] = [[], []];
        const batcher = client.batchIncrements({
          ...{
            batchEntriesMax: 3,
            queueEntriesMax: 6,
            flushEveryMs: 100,
            patienceMs: 15_000,
            readYourWrites,
          },
          onFailed: ({ increments, ambiguous }) => {
            told.say(ambiguous ? 'perhaps' : 'certainlyNot', increments);
          },
        });

        /** A call of its own; a failure that says so is repeated once, with the key that it brings. */
        const call = async (one: Increment, keyed: boolean, many: boolean): Promise<void> => {
          const send = (idempotencyKey?: string): Promise<unknown> =>
            many
              ? client.incrementMany({ body: { increments: [one] }, idempotencyKey }, { keyed })
              : client.increment({ body: one, idempotencyKey }, { keyed });
          let wasAmbiguous = false;
          let key: string | undefined;
          for (let repeated = false; ; repeated = true) {
            try {
              const result = (await send(key)) as { status: number };
              told.say(result.status === 202 ? 'acknowledged' : 'perhaps', [one]);
              return;
            } catch (error) {
              if (!(error instanceof AdtallyError)) throw error;
              wasAmbiguous ||= error.ambiguous;
              key = error.idempotencyKey;
              if (error.retryable && !repeated) continue;
              told.say(wasAmbiguous ? 'perhaps' : 'certainlyNot', [one]);
              return;
            }
          }
        };

        for (const one of steps) {
          if (one.type === 'advance') await clock.advance(one.ms);
          else if (one.type === 'hide') batcher.sendBeforeUnload();
          else if (one.type === 'flush') working.push(batcher.flush());
          else {
            const increment = bits.take(one.key);
            if (increment === undefined) continue;
            if (one.type === 'call') {
              calls += 1;
              working.push(call(increment, one.keyed, one.many).finally(() => (calls -= 1)));
            } else
              working.push(
                batcher.add(increment.key, increment.value).then(
                  () => void added.push(...idsOf(increment)),
                  (error: unknown) => {
                    expect(error).toMatchObject({ code: 'closed', ambiguous: false });
                  },
                ),
              );
          }
        }
        if (ending === 'close') working.push(batcher.close(2000));
        // Each batch is settled within its patience.
        for (let turn = 0; turn < 200 && (calls > 0 || isBusy(batcher.facts())); turn++) {
          if (ending === 'settle') void batcher.flush();
          await clock.advance(4000);
        }
        expect([calls, isBusy(batcher.facts())]).toEqual([0, false]);
        await Promise.all(working);

        const facts = batcher.facts();
        expect(facts).toMatchObject({ added: added.length, queued: 0, queuedEntries: 0, queuedBytes: 0 });
        const failed = added.filter((id) => told.perhaps.has(id) || told.certainlyNot.has(id));
        expect(facts).toMatchObject({ failed: failed.length, acknowledged: added.length - failed.length });
        for (const id of added) if (!failed.includes(id)) told.acknowledged.add(id);

        expect(api.breaches).toEqual([]);
        expect(told.twice).toEqual([]);
        const underTwo = [...api.keysOf].filter(([, names]) => names.size > 1);
        expect(underTwo.map(([id, names]) => `${id}: ${[...names].join()}`)).toEqual([]);
        const countedTwice = [...api.counted].filter(([, times]) => times > 1);
        expect(countedTwice).toEqual([]);
        const counted = new Set(api.counted.keys());
        expect([...told.acknowledged].filter((id) => !counted.has(id))).toEqual([]);
        expect([...told.certainlyNot].filter((id) => counted.has(id))).toEqual([]);
        const known = new Set([...told.acknowledged, ...told.perhaps]);
        expect([...counted].filter((id) => !known.has(id))).toEqual([]);
        expect(clock.sleeping).toBe(0);
      }),
      { numRuns: 150 },
    );
    expect([...met].sort()).toEqual([...fates].sort());
  });
});
