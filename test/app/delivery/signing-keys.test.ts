import { describe, expect, it } from '@jest/globals';
import {
  announcedMs,
  createSigningKeys,
  keysWaitMsMax,
  signingWaitMsMax,
  listSigningKeys,
  rereadMs,
  retiredDays,
  rotateSigningKeys,
  rotationMsMin,
  signsWithinMs,
  unknownRereadMs,
} from '../../../lib/app/delivery/signing-keys.ts';
import { StateStoreError, type StateStore } from '../../../lib/ports/state-store.ts';
import { seededIds } from '../../support/counter-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { spyOnState } from '../../support/state-spy.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

function build() {
  const spy = spyOnState(createMemoryStateStore());
  const clock = createVirtualClock();
  let isDown = false;
  const state = overrideState(spy.state, {
    query: (range) =>
      isDown ? Promise.reject(new StateStoreError('state-unavailable', 'down')) : spy.state.query(range),
  });
  let seed = 0;
  const container = () => {
    seed += 1;
    const ids = seededIds(seed);
    return {
      ...createSigningKeys({ state, clock, ids }),
      rotate: () => rotateSigningKeys({ state, clock, ids }),
    };
  };
  return {
    ...{ state, clock, container },
    calls: spy.calls,
    setDown: (value: boolean) => {
      isDown = value;
    },
  };
}

const secretOf = (key: unknown): string =>
  (key as { secret: { export(): Buffer } }).secret.export().toString('hex');

describe('the first key', () => {
  it('is made by the first decision, once, and signs at once', async () => {
    const { container, state, clock } = build();
    const [one, two] = [container(), container()];
    const [a, b] = await Promise.all([one.current(), two.current()]);
    expect(a).toMatchObject({ id: 1, signsFromMs: clock.nowMs(), expiresAt: undefined });
    expect(secretOf(a)).toMatch(/^[0-9a-f]{64}$/);
    expect(secretOf(b)).toBe(secretOf(a));
    expect(await listSigningKeys({ state })).toHaveLength(1);
  });

  it('is not made by a look for a key', async () => {
    const { container, state } = build();
    expect(await container().find(1)).toBe('never');
    expect(await listSigningKeys({ state })).toEqual([]);
  });
});

describe('a container', () => {
  it('reads the keys once a minute, and answers without a promise in between', async () => {
    const { container, clock, calls } = build();
    const keys = container();
    const first = await keys.current();
    const reads = calls['query'];
    await clock.advance(rereadMs - 1);
    expect(keys.current()).toBe(first);
    expect(keys.find(1)).toBe(first);
    expect(calls['query']).toBe(reads);
    await clock.advance(1);
    expect(await keys.current()).toMatchObject({ id: 1 });
    expect(calls['query']).toBe(reads! + 1);
  });

  it('goes on with the keys that it has while the store fails, and asks once a second', async () => {
    const { container, clock, setDown, calls } = build();
    const keys = container();
    const first = await keys.current();
    setDown(true);
    await clock.advance(rereadMs);
    expect(await keys.current()).toBe(first);
    expect(keys.current()).toBe(first);
    await clock.advance(unknownRereadMs);
    expect(await keys.find(1)).toBe(first);
    await clock.advance(rotationMsMin);
    // A key that is not known may be new.
    expect(await keys.find(2)).toBe('unsure');
    setDown(false);
    await clock.advance(unknownRereadMs);
    const reads = calls['query'];
    expect(await keys.find(2)).toBe('never');
    expect(calls['query']).toBe(reads! + 1);
    // Those that ask within the second wait for its end, and share the next read.
    await clock.advance(1);
    const answers = Promise.all([keys.find(2), keys.find(2)]);
    await clock.advance(unknownRereadMs - 2);
    expect(calls['query']).toBe(reads! + 1);
    await clock.advance(1);
    expect(await answers).toEqual(['never', 'never']);
    expect(calls['query']).toBe(reads! + 2);
  });

  it('knows without the store which keys there cannot be yet', async () => {
    const { container, clock, calls } = build();
    const [keys, other] = [container(), container()];
    expect(keys.find(0)).toBe('never');
    await keys.current();
    const reads = calls['query'];
    const skewMs = 15 * 60_000;
    for (const id of [0, 2, 3, 4_000_000_000]) expect(keys.find(id)).toBe('never');
    await clock.advance(rotationMsMin - skewMs);
    await keys.current();
    for (const id of [3, 4_000_000_000]) expect(keys.find(id)).toBe('never');
    expect(calls['query']).toBe(reads! + 1);
    await clock.advance(skewMs);
    await other.rotate();
    expect(await keys.find(2)).toMatchObject({ id: 2 });
  });

  it('that read them a day ago knows of none that there cannot be', async () => {
    const { container, clock, setDown } = build();
    const keys = container();
    await keys.current();
    setDown(true);
    await clock.advance(rotationMsMin);
    expect(await keys.find(3)).toBe('unsure');
  });

  it('waits for a store that hangs once, for a tenth of a second, and takes what comes late', async () => {
    const { state, clock, container } = build();
    let answer: (() => void) | undefined;
    let calls = 0;
    const hanging = overrideState(state, {
      async query(range) {
        calls += 1;
        if (calls > 2) await new Promise<void>((resolve) => (answer = resolve));
        return state.query(range);
      },
    });
    await container().current();
    const keys = createSigningKeys({ state: hanging, clock, ids: seededIds(98) });
    const first = await keys.current();
    await clock.advance(rotationMsMin);
    calls = 2;
    const late = Promise.allSettled([keys.current(), keys.find(1), keys.find(2)]);
    await clock.advance(keysWaitMsMax - 1);
    let isOver = false;
    void late.then(() => (isOver = true));
    await clock.advance(0);
    expect(isOver).toBe(false);
    await clock.advance(1);
    const refused = expect.objectContaining({
      reason: expect.objectContaining({ code: 'state-unavailable' }),
    });
    await clock.advance(signingWaitMsMax - keysWaitMsMax - 1);
    expect(isOver).toBe(false);
    await clock.advance(keysWaitMsMax);
    expect(await late).toEqual([
      refused,
      expect.objectContaining({ value: first }),
      expect.objectContaining({ value: 'unsure' }),
    ]);
    // Nobody waits for the same read again.
    expect(await keys.find(1)).toBe(first);
    const again = Promise.allSettled([keys.current()]);
    await clock.advance(signingWaitMsMax);
    expect(await again).toEqual([refused]);
    expect(calls).toBe(3);
    await rotateSigningKeys({ state, clock, ids: seededIds(97) });
    answer?.();
    await clock.advance(0);
    expect(keys.current()).toBe(await keys.find(1));
    expect(keys.find(2)).toMatchObject({ id: 2 });
  });

  it('keeps the key as it is while nothing of it changes', async () => {
    const { container, clock } = build();
    const keys = container();
    const first = await keys.current();
    await clock.advance(rotationMsMin);
    expect(await keys.current()).toBe(first);
    await keys.rotate();
    await clock.advance(rereadMs);
    const again = await keys.current();
    expect(again).not.toBe(first);
    expect(again).toMatchObject({ id: 1, secret: first.secret });
  });

  it('does not sign with keys that it read too long ago, and verifies with them all the same', async () => {
    const { container, clock, setDown } = build();
    const keys = container();
    const first = await keys.current();
    setDown(true);
    await clock.advance(signsWithinMs - 1);
    expect(await keys.current()).toBe(first);
    await clock.advance(1);
    const refused = { code: 'state-unavailable' };
    await expect(keys.current()).rejects.toMatchObject(refused);
    // Nor while it waits for the next try.
    await expect(keys.current()).rejects.toMatchObject(refused);
    expect(await keys.find(1)).toBe(first);
    setDown(false);
    await clock.advance(unknownRereadMs);
    expect(await keys.current()).toMatchObject({ id: 1 });
  });

  it('answers requests at once after a long pause with one read', async () => {
    const { container, clock, calls } = build();
    const keys = container();
    const first = await keys.current();
    await clock.advance(signsWithinMs);
    const reads = calls['query']!;
    const asked = [0, 1].map(async () => await keys.current());
    expect(await keys.between(0, clock.nowMs())).toEqual([first]);
    expect(await Promise.all(asked)).toEqual([first, first]);
    expect(calls['query']).toBe(reads + 1);
  });

  it('waits for a slow read once its keys are too old to sign', async () => {
    const { state, clock } = build();
    let lastsMs = 0;
    const slow = new Proxy(state, {
      get: (target, name: keyof StateStore) =>
        name === 'query'
          ? async (range: Parameters<StateStore['query']>[0]) => {
              if (lastsMs > 0) await clock.sleep(lastsMs);
              return target.query(range);
            }
          : target[name].bind(target),
    });
    const keys = createSigningKeys({ state: slow, clock, ids: seededIds(98) });
    const first = await keys.current();
    await clock.advance(signsWithinMs);
    lastsMs = 3 * keysWaitMsMax;
    const asked = (async () => await keys.current())();
    await clock.advance(lastsMs);
    expect(await asked).toBe(first);
  });

  it('that was frozen with its monotonic clock reads the keys before it signs', async () => {
    const { state, clock, container } = build();
    const frozen = {
      ...{ nowMs: () => clock.nowMs(), monotonicMs: () => 0 },
      sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    };
    const keys = createSigningKeys({ state, clock: frozen, ids: seededIds(99) });
    expect(await keys.current()).toMatchObject({ id: 1 });
    await clock.advance(rotationMsMin);
    await container().rotate();
    await clock.advance(announcedMs);
    expect(await keys.current()).toMatchObject({ id: 2 });
  });

  it('without keys rejects while the store fails', async () => {
    const { container, setDown } = build();
    setDown(true);
    await expect(container().current()).rejects.toMatchObject({ code: 'state-unavailable' });
    await expect(container().find(1)).rejects.toMatchObject({ code: 'state-unavailable' });
  });

  it('finds a key that another has made since', async () => {
    const { container, clock } = build();
    const [one, two] = [container(), container()];
    await one.current();
    await two.current();
    await clock.advance(rotationMsMin);
    await two.current();
    await one.rotate();
    await clock.advance(unknownRereadMs);
    expect(await two.find(2)).toMatchObject({ id: 2 });
  });

  it('tells a deleted key from one that never was', async () => {
    const { container, state, clock } = build();
    const keys = container();
    await keys.current();
    await clock.advance(rotationMsMin);
    await keys.rotate();
    await state.write({ type: 'delete', key: { table: 'delivery', pk: 'keys', sk: '0000000001' } });
    expect(await keys.find(1)).toBe('retired');
    expect(keys.find(1)).toBe('retired');
    expect(keys.find(0)).toBe('never');
  });
});

describe('a rotation', () => {
  it('makes a key that signs once every container has read it; the one before verifies on', async () => {
    const { container, clock, state } = build();
    const keys = container();
    const first = await keys.current();
    await clock.advance(rotationMsMin);
    const madeMs = clock.nowMs();
    expect(await keys.rotate()).toEqual({ status: 'made', id: 2, signsFromMs: madeMs + announcedMs });
    expect(announcedMs).toBeGreaterThanOrEqual(2 * rereadMs);
    await clock.advance(announcedMs - 1);
    expect(await keys.current()).toMatchObject({ id: 1, signsUntilMs: madeMs + announcedMs });
    await clock.advance(1);
    expect(keys.current()).toMatchObject({ id: 2, signsUntilMs: Infinity });
    expect(secretOf(keys.current())).not.toBe(secretOf(first));
    const [old] = await listSigningKeys({ state });
    expect(old?.expiresAt).toBe(Math.ceil((madeMs + announcedMs) / 1000) + retiredDays * 86_400);
    expect(keys.find(1)).toMatchObject({ id: 1 });
    await clock.advance(retiredDays * 86_400_000);
    expect(await keys.find(1)).toBe('retired');
  });

  it('is refused within a day, and one of two that run at the same time is', async () => {
    const { container, clock, state } = build();
    const [one, two] = [container(), container()];
    expect(await one.rotate()).toMatchObject({ status: 'made', id: 1, signsFromMs: clock.nowMs() });
    const againAtMs = clock.nowMs() + rotationMsMin;
    await clock.advance(rotationMsMin - 1);
    expect(await one.rotate()).toEqual({ status: 'too-soon', id: 1, againAtMs });
    await clock.advance(1);
    const both = await Promise.all([one.rotate(), two.rotate()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['made', 'overtaken']);
    expect((await listSigningKeys({ state })).map(({ id }) => id)).toEqual([1, 2]);
  });

  it('leaves the end of a key that was retired before', async () => {
    const { container, clock, state } = build();
    const keys = container();
    await keys.rotate();
    await clock.advance(rotationMsMin);
    await keys.rotate();
    const [before] = await listSigningKeys({ state });
    await clock.advance(rotationMsMin);
    await keys.rotate();
    const ends = (await listSigningKeys({ state })).map(({ expiresAt }) => expiresAt);
    expect(ends).toEqual([before!.expiresAt, before!.expiresAt! + 86_400, undefined]);
  });
});
