import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createIdempotency,
  type IdempotentResult,
  type KeyedRequest,
  type StoredAnswer,
} from '../../lib/app/idempotency.ts';
import type { RequestIdentity } from '../../lib/app/request-identity.ts';
import { requestKey } from '../../lib/app/state-keys.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';
import { runs } from '../core/runs.ts';
import { createCounterWorld, type CounterWorld } from '../support/counter-world.ts';
import { overrideState } from '../support/faulty-ad-ports.ts';
import { virtualStartMs } from '../support/virtual-clock.ts';

const dayMs = 24 * 3_600_000;

const requestOf = (fingerprint: string): KeyedRequest => ({ principal: 'p', key: 'k', fingerprint });

const answerOf = (statusCode: number, body = ''): StoredAnswer => ({ statusCode, headers: {}, body });

/** A request of the key that comes after a pause and ends after another, with a status or with its death. */
interface Step {
  readonly pauseMs: number;
  readonly fingerprint: string;
  readonly takesMs: number;
  readonly ending: number | 'dies';
}

const step: fc.Arbitrary<Step> = fc.record({
  pauseMs: fc.constantFrom(
    0,
    1,
    999,
    1000,
    dayMs - 1000,
    dayMs - 1,
    dayMs,
    dayMs + 1,
    dayMs + 999,
    dayMs + 1000,
  ),
  fingerprint: fc.constantFrom('f', 'f', 'f', 'g'),
  takesMs: fc.constantFrom(0, 0, 1, 1500, dayMs - 1, dayMs + 2000),
  ending: fc.constantFrom<Step['ending'][]>(
    200,
    201,
    202,
    204,
    207,
    400,
    404,
    412,
    499,
    500,
    503,
    507,
    'dies',
  ),
});

/** What the key means, from the promises alone: a record, its end and whether it has an answer. */
interface Slot {
  readonly fingerprint: string;
  readonly run: number;
  readonly endsMs: number;
  readonly answer: number | undefined;
}

/** The second in which a record made at this instant ends, a day later. */
const endOf = (nowMs: number): number => Math.ceil(nowMs / 1000) * 1000 + dayMs;

const isComplete = (status: number): boolean => [200, 201, 202, 204].includes(status);
const isRefusal = (status: number): boolean => (status >= 400 && status < 500) || status === 507;

/** The outcome of each step, requests one after another, as the promises of `Idempotency.run` have it. */
function predicted(steps: readonly Step[]): readonly unknown[] {
  let nowMs = virtualStartMs;
  let slot: Slot | undefined;
  return steps.map(({ pauseMs, fingerprint, takesMs, ending }, run) => {
    nowMs += pauseMs;
    if (slot !== undefined && nowMs >= slot.endsMs) slot = undefined;
    if (slot !== undefined && slot.fingerprint !== fingerprint) return 'mismatch';
    if (slot?.answer !== undefined) return { replayed: slot.answer };
    const joined = slot !== undefined;
    slot ??= { fingerprint, run, endsMs: endOf(nowMs), answer: undefined };
    const outcome = { ending, events: slot.run, joined };
    nowMs += takesMs;
    // The record is this request's until another one takes it, which none does here meanwhile.
    if (ending !== 'dies' && isComplete(ending)) slot = { ...slot, answer: ending, endsMs: endOf(nowMs) };
    if (ending !== 'dies' && isRefusal(ending)) slot = undefined;
    return outcome;
  });
}

async function observed(world: CounterWorld, steps: readonly Step[]): Promise<readonly unknown[]> {
  const idempotency = createIdempotency(world.ports);
  const runOfEvent = new Map<string, number>();
  const outcomes: unknown[] = [];
  for (const [run, { pauseMs, fingerprint, takesMs, ending }] of steps.entries()) {
    await world.clock.advance(pauseMs);
    const ran: { identity?: RequestIdentity } = {};
    const work = async (identity: RequestIdentity): Promise<StoredAnswer> => {
      ran.identity = identity;
      await world.clock.advance(takesMs);
      if (ending === 'dies') throw new Error('died');
      return answerOf(ending);
    };
    const result = await idempotency
      .run(requestOf(fingerprint), work)
      .catch((error: unknown) => (error as Error).message);
    const { identity } = ran;
    if (identity === undefined) {
      outcomes.push(withoutRun(result));
      continue;
    }
    const name = `${identity.eventId(0)} ${identity.eventId(1)} ${identity.adId}`;
    runOfEvent.set(name, runOfEvent.get(name) ?? run);
    outcomes.push({ ending: endingOf(result), events: runOfEvent.get(name), joined: identity.joined });
  }
  return outcomes;
}

function withoutRun(result: IdempotentResult | string): unknown {
  if (typeof result === 'string') return result;
  if (result.status === 'mismatch') return 'mismatch';
  return result.replayed ? { replayed: result.answer.statusCode } : 'answered by nobody';
}

function endingOf(result: IdempotentResult | string): unknown {
  if (typeof result === 'string') return result === 'died' ? 'dies' : result;
  return result.status === 'answered' && !result.replayed ? result.answer.statusCode : result;
}

describe('requests of one key, one after another, at any time', () => {
  it('are run, joined, replayed or refused as the promises say, as the same events for a day', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        expect(await observed(createCounterWorld(), steps)).toEqual(predicted(steps));
      }),
      runs(100),
    );
  });

  it('keep every status as a matrix says', async () => {
    // r: replayed. s: run again as the same events. n: another request altogether.
    const matrix = {
      r: [200, 201, 202, 204],
      s: [203, 205, 207, 301, 500, 502, 503, 504, 506, 508],
      n: [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429, 431, 499, 507],
    };
    const found: Record<string, number[]> = { r: [], s: [], n: [] };
    for (const status of Object.values(matrix).flat()) {
      const idempotency = createIdempotency(createCounterWorld().ports);
      const events: string[] = [];
      const work = (identity: RequestIdentity): Promise<StoredAnswer> => {
        events.push(identity.eventId(0));
        return Promise.resolve(answerOf(status));
      };
      await idempotency.run(requestOf('f'), work);
      await idempotency.run(requestOf('f'), work);
      const kind = events.length === 1 ? 'r' : events[0] === events[1] ? 's' : 'n';
      found[kind]?.push(status);
    }
    expect(found).toEqual(matrix);
  });
});

describe('the life of a record', () => {
  const lives = async (afterMs: number, takesMs = 0): Promise<boolean> => {
    const world = createCounterWorld();
    await world.clock.advance(250);
    const idempotency = createIdempotency(world.ports);
    const done = async (): Promise<StoredAnswer> => {
      await world.clock.advance(takesMs);
      return answerOf(202);
    };
    await idempotency.run(requestOf('f'), done);
    await world.clock.advance(afterMs);
    // A store that deletes what has expired leaves what has not.
    await world.memoryState.sweepExpired(world.clock.nowMs() / 1000, 100);
    const again = await idempotency.run(requestOf('f'), () => Promise.resolve(answerOf(202)));
    return again.status === 'answered' && again.replayed;
  };

  it('is a day from its answer, up to the next whole second', async () => {
    expect(await lives(dayMs - 1)).toBe(true);
    expect(await lives(dayMs)).toBe(true);
    expect(await lives(dayMs + 749)).toBe(true);
    expect(await lives(dayMs + 750)).toBe(false);
    // Counted from the answer, however long the request took.
    expect(await lives(dayMs, 9000)).toBe(true);
    expect(await lives(dayMs + 749, 9000)).toBe(true);
    expect(await lives(dayMs + 750, 9000)).toBe(false);
  });

  it('ends with a refusal for good: the store may delete it', async () => {
    const world = createCounterWorld();
    await createIdempotency(world.ports).run(requestOf('f'), () => Promise.resolve(answerOf(412)));
    await world.memoryState.sweepExpired(world.clock.nowMs() / 1000, 100);
    expect(await world.memoryState.get(requestKey('p', 'k'))).toBeUndefined();
  });
});

describe('a run whose claim meets others', () => {
  /** A store where another release’s clients change the record right before each of the first writes. */
  function contended(world: CounterWorld, changes: number) {
    let left = changes;
    let nonces = 0;
    return overrideState(world.memoryState, {
      write: async (action) => {
        if (left > 0 && action.type === 'put') {
          left -= 1;
          await world.memoryState.write({
            ...{ type: 'put', key: action.key },
            attributes: {
              ...{ fingerprint: 'f', nonce: `n${(nonces += 1)}`, ad_id: 'a', state: 'pending', runs: 1n },
              expires_at: BigInt(virtualStartMs / 1000 + 86_400),
            },
          });
        }
        return world.memoryState.write(action);
      },
    });
  }

  it('tries five times, as a bound, and then says that sending it again is safe', async () => {
    for (const [changes, succeeds] of [
      [8, true],
      [9, true],
      [10, false],
    ] as const) {
      const world = createCounterWorld();
      const idempotency = createIdempotency({ ...world.ports, state: contended(world, changes) });
      const result = idempotency.run(requestOf('f'), () => Promise.resolve(answerOf(503)));
      if (succeeds) expect(await result).toMatchObject({ status: 'answered' });
      else
        await expect(result).rejects.toThrow(
          new StateStoreError('state-conflict', 'other runs keep changing the request record'),
        );
    }
  });

  it('is the first, not a twin of itself, when the store repeats its write', async () => {
    const world = createCounterWorld();
    let repeats = 1;
    const state = overrideState(world.memoryState, {
      write: async (action) => {
        const first = await world.memoryState.write(action);
        return repeats-- > 0 ? world.memoryState.write(action) : first;
      },
    });
    const idempotency = createIdempotency({ ...world.ports, state });
    const identities: RequestIdentity[] = [];
    const refuse = (identity: RequestIdentity): Promise<StoredAnswer> => {
      identities.push(identity);
      return Promise.resolve(answerOf(412));
    };
    await idempotency.run(requestOf('f'), refuse);
    // Its refusal freed the key.
    await idempotency.run(requestOf('g'), refuse);
    expect(identities.map(({ joined }) => joined)).toEqual([false, false]);
    expect(identities[0]!.eventId(0)).not.toBe(identities[1]!.eventId(0));
  });
});

describe('the ids of events', () => {
  it('differ for each of a request’s 500 increments, keyed or not, and are 32 hex digits', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const identities = [idempotency.unkeyed(), idempotency.unkeyed()];
    await idempotency.run(requestOf('f'), (identity) => {
      identities.push(identity);
      return Promise.resolve(answerOf(202));
    });
    const ids = identities.flatMap((identity) => Array.from({ length: 500 }, (_, i) => identity.eventId(i)));
    expect(new Set(ids).size).toBe(1500);
    expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
  });
});
