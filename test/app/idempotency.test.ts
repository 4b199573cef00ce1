import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { answerBytesMax, createIdempotency, type StoredAnswer } from '../../lib/app/idempotency.ts';
import { requestKey } from '../../lib/app/state-keys.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { createCounterWorld, seededIds, type CounterWorld } from '../support/counter-world.ts';
import { faultyPorts } from '../support/faulty-ports.ts';
import { virtualStartMs } from '../support/virtual-clock.ts';

const request = { principal: 'token-1', key: 'key-1', fingerprint: 'f' };
const answer: StoredAnswer = { statusCode: 202, headers: { 'Consistency-Token': 't' }, body: '{"ok":true}' };
const daySeconds = 24 * 3600;

/** Work that counts its runs and notes the identities it was given. */
function work(...answers: readonly StoredAnswer[]) {
  const eventIds: string[] = [];
  const adIds: string[] = [];
  return {
    eventIds,
    adIds,
    run: (identity: { eventId: (index: number) => string; adId: string; keyed: boolean }) => {
      expect(identity.keyed).toBe(true);
      eventIds.push(identity.eventId(0));
      adIds.push(identity.adId);
      return Promise.resolve(answers[eventIds.length - 1] ?? answer);
    },
  };
}

const mustNotRun = (): Promise<never> => Promise.reject(new Error('must not run'));

const step = fc.record({
  fingerprint: fc.constantFrom('f', 'f', 'g'),
  ending: fc.constantFrom('refused', 'refused', 'taken', 'dies', 'dies late'),
});

/** The store, whose calls are carried out in the order of the scheduler. */
function scheduled(state: StateStore, scheduler: fc.Scheduler): StateStore {
  return {
    ...faultyPorts({ state, quarantine: createCounterWorld().quarantine }, () => undefined).state,
    write: async (action) => {
      await scheduler.schedule(Promise.resolve());
      const result = await state.write(action);
      await scheduler.schedule(Promise.resolve());
      return result;
    },
  };
}

describe('a request with a key', () => {
  it('runs once and is answered with the same words again', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const { run, eventIds } = work();
    expect(await idempotency.run(request, run)).toStrictEqual({
      status: 'answered',
      answer,
      replayed: false,
    });
    expect(await idempotency.run(request, mustNotRun)).toStrictEqual({
      status: 'answered',
      answer,
      replayed: true,
    });
    expect(eventIds).toHaveLength(1);
  });

  it('is a mismatch when the key came with another request, pending or done', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const other = { ...request, fingerprint: 'g' };
    await expect(idempotency.run(request, mustNotRun)).rejects.toThrow('must not run');
    expect(await idempotency.run(other, mustNotRun)).toStrictEqual({ status: 'mismatch' });
    await idempotency.run(request, work().run);
    expect(await idempotency.run(other, mustNotRun)).toStrictEqual({ status: 'mismatch' });
  });

  // Covers API1.1 (docs/security.md).
  it('meets neither the keys of other principals nor keys spelt alike', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const { run, eventIds } = work();
    for (const [principal, key] of [
      ['a', 'b#c'],
      ['a#b', 'c'],
      ['a%23b', 'c'],
      ['b', 'b#c'],
    ] as const) {
      expect(await idempotency.run({ ...request, principal, key }, run)).toMatchObject({ replayed: false });
    }
    expect(new Set(eventIds).size).toBe(4);
  });

  it.each([200, 201, 202, 204])('keeps a complete answer: %d', async (statusCode) => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    await idempotency.run(request, () => Promise.resolve({ ...answer, statusCode }));
    expect(await idempotency.run(request, mustNotRun)).toMatchObject({
      answer: { statusCode },
      replayed: true,
    });
  });

  it.each([207, 500, 503])('runs again, as the same events, after %d', async (statusCode) => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const { run, eventIds, adIds } = work({ ...answer, statusCode }, answer);
    expect(await idempotency.run(request, run)).toMatchObject({ answer: { statusCode }, replayed: false });
    expect(await idempotency.run(request, run)).toMatchObject({
      answer: { statusCode: 202 },
      replayed: false,
    });
    expect(eventIds[0]).toBe(eventIds[1]);
    expect(adIds[0]).toBe(adIds[1]);
    expect(eventIds).toHaveLength(2);
  });

  it('runs again, as the same events, when the first run was never seen to end', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const { run, eventIds } = work();
    const dies = (identity: Parameters<typeof run>[0]) =>
      run(identity).then(() => Promise.reject(new Error('died')));
    await expect(idempotency.run(request, dies)).rejects.toThrow('died');
    await idempotency.run(request, run);
    expect(eventIds[0]).toBe(eventIds[1]);
  });

  it('names its events by its nonce and their place', async () => {
    const idempotency = createIdempotency({
      ...createCounterWorld().ports,
      ids: { ...seededIds(1), nonce: () => 'n' },
    });
    await idempotency.run(request, (identity) => {
      const expected = (index: number) =>
        createHash('sha256').update(`n:${index}`).digest('hex').slice(0, 32);
      expect([identity.eventId(0), identity.eventId(499)]).toStrictEqual([expected(0), expected(499)]);
      return Promise.resolve(answer);
    });
  });
});

describe('a refusal', () => {
  const refusal = (statusCode: number): StoredAnswer => ({ ...answer, statusCode });
  const refuse = (statusCode = 412) => Promise.resolve(refusal(statusCode));
  const other = { ...request, fingerprint: 'g' };

  it.each([400, 404, 409, 412, 422, 429, 507])(
    'frees the key: after %d the same request and another one are new requests',
    async (statusCode) => {
      for (const next of [request, other]) {
        const idempotency = createIdempotency(createCounterWorld().ports);
        const { run, eventIds, adIds } = work(refusal(statusCode), answer);
        expect(await idempotency.run(request, run)).toStrictEqual({
          status: 'answered',
          answer: refusal(statusCode),
          replayed: false,
        });
        expect(await idempotency.run(next, run)).toMatchObject({
          answer: { statusCode: 202 },
          replayed: false,
        });
        expect(eventIds[0]).not.toBe(eventIds[1]);
        expect(adIds[0]).not.toBe(adIds[1]);
        expect(await idempotency.run(next, mustNotRun)).toMatchObject({ replayed: true });
        const another = { ...request, fingerprint: 'h' };
        expect(await idempotency.run(another, mustNotRun)).toStrictEqual({ status: 'mismatch' });
      }
    },
  );

  it('frees the key also by the clock of a container that is an hour behind', async () => {
    const { ports } = createCounterWorld();
    await createIdempotency(ports).run(request, () => refuse());
    const clock = { ...ports.clock, nowMs: () => ports.clock.nowMs() - 3_600_000 };
    expect(await createIdempotency({ ...ports, clock }).run(other, work().run)).toMatchObject({
      replayed: false,
    });
  });

  it('does not free the key while a run that joined may yet have its effect', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const joined = Promise.withResolvers<StoredAnswer>();
    let second: Promise<unknown> = Promise.resolve();
    const first = await idempotency.run(request, async (identity) => {
      expect(identity.joined).toBe(false);
      const begun = Promise.withResolvers<undefined>();
      second = idempotency.run(request, (twin) => {
        expect(twin.joined).toBe(true);
        expect(twin.eventId(0)).toBe(identity.eventId(0));
        begun.resolve(undefined);
        return joined.promise;
      });
      await begun.promise;
      return refusal(412);
    });
    expect(first).toMatchObject({ answer: { statusCode: 412 } });
    expect(await idempotency.run(other, mustNotRun)).toStrictEqual({ status: 'mismatch' });
    joined.resolve(answer);
    expect(await second).toMatchObject({ answer, replayed: false });
    expect(await idempotency.run(request, mustNotRun)).toMatchObject({ answer, replayed: true });
  });

  it('of a run that joined frees the key, since it refuses only what can have no effect', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    await expect(idempotency.run(request, mustNotRun)).rejects.toThrow('must not run');
    expect(await idempotency.run(other, mustNotRun)).toStrictEqual({ status: 'mismatch' });
    expect(await idempotency.run(request, () => refuse())).toMatchObject({ answer: { statusCode: 412 } });
    expect(await idempotency.run(other, work().run)).toMatchObject({ answer, replayed: false });
  });

  it('gives way to the answer of a twin that went through', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const result = await idempotency.run(request, async () => {
      await idempotency.run(request, work().run);
      return refusal(412);
    });
    expect(result).toStrictEqual({ status: 'answered', answer, replayed: true });
  });

  it('never frees the key of somebody else', async () => {
    const world = createCounterWorld();
    const idempotency = createIdempotency(world.ports);
    const { run, eventIds } = work();
    await idempotency.run(request, async () => {
      await world.clock.advance(daySeconds * 1000 + 1000);
      const dies = idempotency.run(other, async (identity) => {
        await run(identity);
        throw new Error('died');
      });
      await expect(dies).rejects.toThrow('died');
      return refusal(404);
    });
    expect(await idempotency.run(request, mustNotRun)).toStrictEqual({ status: 'mismatch' });
    await idempotency.run(other, run);
    expect(eventIds[0]).toBe(eventIds[1]);
  });

  it.each(['refuse', 'lose', 'delay'] as const)(
    'whose freeing fails is said when the request comes again: %s',
    async (fault) => {
      const world = createCounterWorld();
      const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
        call === 1 ? fault : undefined,
      );
      const idempotency = createIdempotency({ ...world.ports, state: faulty.state });
      await expect(idempotency.run(request, () => refuse())).rejects.toThrow(StateStoreError);
      const now = await idempotency.run(other, work().run);
      expect(now.status).toBe(fault === 'lose' ? 'answered' : 'mismatch');
      if (fault === 'lose') return;
      await idempotency.run(request, () => refuse());
      const { run, eventIds } = work();
      expect(await idempotency.run(other, run)).toMatchObject({ answer, replayed: false });
      await faulty.runDelayed();
      expect(await idempotency.run(other, mustNotRun)).toMatchObject({ replayed: true });
      expect(eventIds).toHaveLength(1);
    },
  );
});

/**
 * Requests of one key, two fingerprints, that begin, are refused, go through, die or find the store failing,
 * in any order and interleaved; each run's event is noted in a log that takes an event once, as the consumers
 * do, and decides it then: taken, or refused for good.
 */
describe('runs of one key in any order', () => {
  it('take effect once per acknowledged request, and a refused one is dead', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 2, maxLength: 12 }),
        fc.scheduler(),
        async (steps, scheduler) => {
          const world = createCounterWorld();
          const state = scheduled(world.memoryState, scheduler);
          const idempotency = createIdempotency({ ...world.ports, state });
          const decided = new Map<string, { readonly by: string; readonly taken: boolean }>();
          const answered: { fingerprint: string; statusCode: number; eventId: string | undefined }[] = [];
          await scheduler.waitFor(
            Promise.all(
              steps.map(async ({ fingerprint, ending }) => {
                let eventId: string | undefined;
                const run = idempotency.run({ ...request, fingerprint }, async (identity) => {
                  eventId = identity.eventId(0);
                  await scheduler.schedule(Promise.resolve());
                  const known = decided.get(eventId);
                  if (known !== undefined) {
                    expect(known.by).toBe(fingerprint);
                    return { ...answer, statusCode: known.taken ? 202 : 412 };
                  }
                  if (ending === 'dies') throw new Error('died');
                  if (ending === 'refused' && !identity.joined) return { ...answer, statusCode: 412 };
                  await scheduler.schedule(Promise.resolve());
                  if (!decided.has(eventId)) {
                    decided.set(eventId, { by: fingerprint, taken: ending !== 'refused' });
                  }
                  if (ending === 'dies late') throw new Error('died');
                  return { ...answer, statusCode: decided.get(eventId)?.taken === true ? 202 : 412 };
                });
                try {
                  const result = await run;
                  if (result.status === 'mismatch') return;
                  answered.push({ fingerprint, statusCode: result.answer.statusCode, eventId });
                } catch (error) {
                  expect((error as Error).message).toMatch(/died|keep changing/);
                }
              }),
            ),
          );
          const taken = [...decided.values()].filter((each) => each.taken);
          expect(taken.length).toBeLessThanOrEqual(1);
          for (const { fingerprint, statusCode } of answered) {
            if (statusCode < 300) expect(taken).toMatchObject([{ by: fingerprint }]);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('a record that the last release put', () => {
  /** As that release wrote it: it counted no runs. */
  const put = (world: CounterWorld, key: string, fingerprint: string, response?: StoredAnswer) =>
    world.memoryState.write({
      type: 'put',
      key: requestKey('token-1', key),
      attributes: {
        fingerprint,
        nonce: 'old-nonce',
        ad_id: 'old-ad',
        expires_at: BigInt(virtualStartMs / 1000 + daySeconds),
        ...(response === undefined
          ? { state: 'pending' }
          : { state: 'done', response: JSON.stringify(response) }),
      },
    });
  const former = [
    { key: '"key-1"', fingerprint: 'old' },
    { key: 'key-1', fingerprint: 'old' },
  ];

  it.each(['"key-1"', 'key-1'])('under %s is replayed', async (key) => {
    const world = createCounterWorld();
    await put(world, key, 'old', answer);
    const idempotency = createIdempotency(world.ports);
    expect(await idempotency.run({ ...request, former }, mustNotRun)).toStrictEqual({
      status: 'answered',
      answer,
      replayed: true,
    });
  });

  it.each(['"key-1"', 'key-1'])('under %s is gone on with, as the same events', async (key) => {
    const world = createCounterWorld();
    await put(world, key, 'old');
    const idempotency = createIdempotency(world.ports);
    const { run, eventIds, adIds } = work();
    expect(await idempotency.run({ ...request, former }, run)).toMatchObject({ answer, replayed: false });
    expect(adIds).toStrictEqual(['old-ad']);
    expect(eventIds[0]).toBe(createHash('sha256').update('old-nonce:0').digest('hex').slice(0, 32));
    expect(await idempotency.run({ ...request, former }, mustNotRun)).toMatchObject({ replayed: true });
  });

  it.each(['"key-1"', 'key-1'])('under %s keeps the key from another request', async (key) => {
    const world = createCounterWorld();
    await put(world, key, 'of another', answer);
    const idempotency = createIdempotency(world.ports);
    expect(await idempotency.run({ ...request, former }, mustNotRun)).toStrictEqual({ status: 'mismatch' });
  });

  it('is not what this release keeps: today, a spelling without preconditions is that of another request', async () => {
    const world = createCounterWorld();
    const idempotency = createIdempotency(world.ports);
    const { run } = work();
    await idempotency.run({ ...request, fingerprint: 'plain' }, run);
    const guarded = { ...request, fingerprint: 'guarded', former: [{ key: 'key-1', fingerprint: 'plain' }] };
    expect(await idempotency.run(guarded, mustNotRun)).toStrictEqual({ status: 'mismatch' });
  });

  it('frees the key when it is refused, and counts as absent once it has expired', async () => {
    const world = createCounterWorld();
    await put(world, '"key-1"', 'old');
    const idempotency = createIdempotency(world.ports);
    const refused = () => Promise.resolve({ ...answer, statusCode: 412 });
    expect(await idempotency.run({ ...request, former }, refused)).toMatchObject({ replayed: false });
    const { run, adIds } = work();
    expect(await idempotency.run({ ...request, former }, run)).toMatchObject({ replayed: false });
    expect(adIds).not.toContain('old-ad');
    await put(world, '"key-2"', 'old', answer);
    await world.clock.advance(daySeconds * 1000);
    const late = { ...request, key: 'key-2', former: [{ key: '"key-2"', fingerprint: 'old' }] };
    expect(await idempotency.run(late, run)).toMatchObject({ replayed: false });
  });
});

describe('a record of a request', () => {
  it('counts as absent after a day by its own time, deleted or not', async () => {
    const world = createCounterWorld();
    const idempotency = createIdempotency(world.ports);
    const { run, eventIds } = work();
    await idempotency.run(request, run);
    await world.clock.advance((daySeconds - 1) * 1000);
    expect(await idempotency.run(request, run)).toMatchObject({ replayed: true });
    await world.clock.advance(1000);
    expect(await idempotency.run({ ...request, fingerprint: 'another' }, run)).toMatchObject({
      replayed: false,
    });
    expect(eventIds).toHaveLength(2);
    expect(eventIds[0]).not.toBe(eventIds[1]);
  });

  it('holds what a replay needs, and no body of a request', async () => {
    const world = createCounterWorld();
    await createIdempotency(world.ports).run(request, work().run);
    const item = await world.memoryState.get(requestKey('token-1', 'key-1'));
    expect(item).toMatchObject({ state: 'done', fingerprint: 'f', response: JSON.stringify(answer) });
    expect(item?.['expires_at']).toBe(BigInt(virtualStartMs / 1000 + daySeconds));
  });

  it('stays pending when the answer is too long to keep: the work runs again, as the same events', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const long = { ...answer, body: 'é'.repeat(answerBytesMax / 2) };
    const { run, eventIds } = work(long, long);
    for (let i = 0; i < 2; i += 1) {
      expect(await idempotency.run(request, run)).toStrictEqual({
        status: 'answered',
        answer: long,
        replayed: false,
      });
    }
    expect(eventIds[0]).toBe(eventIds[1]);
  });

  it('keeps the longest answer that it should', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const overhead = JSON.stringify({ ...answer, body: '' }).length;
    await idempotency.run(request, () =>
      Promise.resolve({ ...answer, body: 'x'.repeat(answerBytesMax - overhead) }),
    );
    expect(await idempotency.run(request, mustNotRun)).toMatchObject({ replayed: true });
  });
});

describe('two runs of one request at once', () => {
  it('are the same events and end in the same answer', async () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const { run, eventIds } = work({ ...answer, body: 'first' }, { ...answer, body: 'second' });
    const results = await Promise.all([idempotency.run(request, run), idempotency.run(request, run)]);
    expect(eventIds[0]).toBe(eventIds[1]);
    const bodies = results.map((result) => result.status === 'answered' && result.answer.body);
    expect(new Set(bodies).size).toBe(1);
    expect(results.map((result) => result.status === 'answered' && result.replayed).sort()).toStrictEqual([
      false,
      true,
    ]);
    expect(await idempotency.run(request, mustNotRun)).toMatchObject({ replayed: true });
  });

  it('leave the record alone once it has expired and the key is in use again', async () => {
    const world = createCounterWorld();
    const idempotency = createIdempotency(world.ports);
    const later = { ...request, fingerprint: 'later' };
    const slow = await idempotency.run(request, async () => {
      await world.clock.advance(daySeconds * 1000 + 1000);
      await idempotency.run(later, () => Promise.resolve({ ...answer, body: 'later' }));
      return answer;
    });
    expect(slow).toStrictEqual({ status: 'answered', answer, replayed: false });
    expect(await idempotency.run(later, mustNotRun)).toMatchObject({
      answer: { body: 'later' },
      replayed: true,
    });
  });
});

it('leaves the record alone, too, while the later request is still at work', async () => {
  const world = createCounterWorld();
  const idempotency = createIdempotency(world.ports);
  const later = { ...request, fingerprint: 'later' };
  const { run, eventIds } = work();
  const slow = await idempotency.run(request, async () => {
    await world.clock.advance(daySeconds * 1000 + 1000);
    const dies = idempotency.run(later, async (identity) => {
      await run(identity);
      throw new Error('died');
    });
    await expect(dies).rejects.toThrow('died');
    return answer;
  });
  expect(slow).toStrictEqual({ status: 'answered', answer, replayed: false });
  expect(await idempotency.run(later, run)).toMatchObject({ status: 'answered', replayed: false });
  expect(eventIds[0]).toBe(eventIds[1]);
});

describe('a store that fails', () => {
  it.each(['refuse', 'lose', 'delay'] as const)(
    'at any write leaves one set of event ids: %s',
    async (fault) => {
      for (let n = 0; n < 2; n += 1) {
        const world = createCounterWorld();
        const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
          call === n ? fault : undefined,
        );
        const idempotency = createIdempotency({ ...world.ports, state: faulty.state });
        const { run, eventIds } = work();
        await expect(idempotency.run(request, run)).rejects.toThrow(StateStoreError);
        const [before] = eventIds;
        expect(await idempotency.run(request, run)).toMatchObject({ status: 'answered', answer });
        await faulty.runDelayed();
        expect(await idempotency.run(request, mustNotRun)).toMatchObject({ answer, replayed: true });
        expect(before ?? eventIds.at(-1)).toBe(eventIds.at(-1));
      }
    },
  );

  it('and then repeats a write by itself makes no replay of a first answer', async () => {
    const world = createCounterWorld();
    const { memoryState } = world;
    const state = {
      ...faultyPorts({ state: memoryState, quarantine: world.quarantine }, () => undefined).state,
      write: async (action: Parameters<typeof memoryState.write>[0]) => {
        await memoryState.write(action);
        return memoryState.write(action);
      },
    };
    const result = await createIdempotency({ ...world.ports, state }).run(request, work().run);
    expect(result).toStrictEqual({ status: 'answered', answer, replayed: false });
  });
});

describe('a request without a key', () => {
  it('gets ids of its own each time, 32 hex digits, none twice', () => {
    const idempotency = createIdempotency(createCounterWorld().ports);
    const identities = [idempotency.unkeyed(), idempotency.unkeyed()];
    const ids = identities.flatMap((identity) =>
      Array.from({ length: 500 }, (_, index) => identity.eventId(index)),
    );
    expect(new Set(ids).size).toBe(1000);
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(identities.map(({ keyed }) => keyed)).toStrictEqual([false, false]);
    expect(identities[0]!.adId).toBe(identities[0]!.adId);
    expect(identities[0]!.adId).not.toBe(identities[1]!.adId);
  });

  it('has no more events than its ids can tell apart', () => {
    const identity = createIdempotency(createCounterWorld().ports).unkeyed();
    expect(() => identity.eventId(65_536)).toThrow('too many events');
  });
});
