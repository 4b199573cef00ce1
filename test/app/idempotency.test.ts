import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { answerBytesMax, createIdempotency, type StoredAnswer } from '../../lib/app/idempotency.ts';
import { requestKey } from '../../lib/app/state-keys.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';
import { createCounterWorld, seededIds } from '../support/counter-world.ts';
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

  it.each([207, 400, 404, 409, 412, 429, 500, 503, 507])(
    'runs again, as the same events, after %d',
    async (statusCode) => {
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
    },
  );

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
