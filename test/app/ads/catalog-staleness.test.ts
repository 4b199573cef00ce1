import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { createCatalogReader } from '../../../lib/app/ads/catalog-reader.ts';
import { headKey } from '../../../lib/app/state-keys.ts';
import type { ConsistencyToken } from '../../../lib/core/consistency-token.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { adCreated, hourMs } from '../../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const shardId = 'shardId-000000000000';

/** A reader over a store whose reads of the head take time, fail or stop when told to. */
function createSlowWorld(maxStalenessMs: number, staleServeMaxMs = 60_000) {
  const world = createAdWorld({
    settings: { ...stageSettings('local'), reader: { maxStalenessMs, staleServeMaxMs } },
  });
  const store = { headMs: 0, down: false, heads: 0, holds: false, fails: false };
  const held: (() => void)[] = [];
  const state = overrideState(world.memoryState, {
    get: async (key) => {
      if (key !== headKey) return world.memoryState.get(key);
      store.heads += 1;
      if (store.down) throw new StateStoreError('state-unavailable', 'down');
      // What the store answers is as it was when the read came.
      const item = await world.memoryState.get(key);
      if (store.headMs > 0) await world.clock.sleep(store.headMs);
      if (store.holds) await new Promise<void>((resolve) => held.push(resolve));
      if (store.fails) throw new StateStoreError('state-unavailable', 'late');
      return item;
    },
  });
  const reader = createCatalogReader({ ...world.ports, state });
  const projector = createAdProjector(world.ports);
  let ads = 0;
  const addAd = async (): Promise<void> => {
    ads += 1;
    const events = Array.from({ length: ads }, (_, n) => adCreated(n));
    await projectAll(projector, recordsOf(events).slice(-1));
  };
  /** What a request gets, in short, and whether it had to wait. */
  const ask = async (tokens: readonly ConsistencyToken[] = []) => {
    const answer = reader.current(tokens);
    const view = await answer;
    const waited = answer instanceof Promise;
    if (view.status !== 'ok') return { waited, status: view.status };
    return { waited, version: view.catalog.version, staleMs: view.staleMs };
  };
  /** Lets the reads of the head that wait answer, and those that follow. */
  const release = (): void => {
    store.holds = false;
    for (const answer of held.splice(0)) answer();
  };
  return { ...world, store, reader, addAd, ask, release };
}

const token = (sequenceNumber: string, issuedAtMs: number, shard = shardId): ConsistencyToken => ({
  type: 'ads',
  position: { epoch: '1', shardId: shard, sequenceNumber },
  issuedAtMs,
});

describe('a store that takes long', () => {
  it('is waited for a quarter of a second, once a check, while what is held is good', async () => {
    const { ask, store, clock, addAd, release } = createSlowWorld(1000);
    await addAd();
    await ask();
    await clock.advance(1001);
    await addAd();
    store.holds = true;
    const beganMs = clock.monotonicMs();
    expect(await ask()).toEqual({ waited: true, version: 1, staleMs: 1251 });
    expect(clock.monotonicMs() - beganMs).toBe(250);
    // Those that come while the check goes on do not wait for it.
    await clock.advance(4000);
    expect(await ask()).toEqual({ waited: true, version: 1, staleMs: 5251 });
    expect(clock.monotonicMs() - beganMs).toBe(4250);
    expect(store.heads).toBe(2);
    release();
    await clock.advance(1);
    expect(await ask()).toMatchObject({ version: 2 });
  });

  it('is waited for again after a container was frozen with a check, and asked anew', async () => {
    const { ask, store, clock, addAd, release } = createSlowWorld(1000);
    await addAd();
    await ask();
    await clock.advance(1001);
    store.holds = true;
    expect(await ask()).toMatchObject({ version: 1 });
    // Nothing of the container runs now. The check that it left read the head before the second ad.
    clock.jump(20_000);
    await addAd();
    const asked = ask();
    release();
    expect(await asked).toEqual({ waited: true, version: 2, staleMs: 0 });
    expect(store.heads).toBe(3);
  });

  it('is not asked anew while a frozen check has no answer, or has failed', async () => {
    const { ask, store, clock, addAd, release } = createSlowWorld(1000);
    await addAd();
    await ask();
    await clock.advance(1001);
    store.holds = true;
    await ask();
    clock.jump(5000);
    const beganMs = clock.monotonicMs();
    expect(await ask()).toMatchObject({ version: 1 });
    expect([clock.monotonicMs() - beganMs, store.heads]).toEqual([5, 2]);
    store.fails = true;
    const asked = ask();
    release();
    expect(await asked).toMatchObject({ version: 1 });
    expect([clock.monotonicMs() - beganMs, store.heads]).toEqual([5, 2]);
  });

  it('is waited for by a request that what is held cannot answer', async () => {
    const { ask, store, clock, addAd } = createSlowWorld(1000);
    await addAd();
    await ask();
    await addAd();
    store.headMs = 1500;
    // It asks for the second ad.
    expect(await ask([token('2', clock.nowMs())])).toMatchObject({ version: 2 });
    await clock.advance(60_001);
    store.headMs = 2500;
    const beganMs = clock.monotonicMs();
    expect(await ask()).toMatchObject({ version: 2, staleMs: 0 });
    expect(clock.monotonicMs() - beganMs).toBe(2500);
  });

  it('does not make a reader that has nothing refuse at once', async () => {
    const { ask, store, clock } = createSlowWorld(1000);
    store.down = true;
    expect(await ask()).toEqual({ waited: true, status: 'unavailable' });
    const beganMs = clock.monotonicMs();
    expect(await ask()).toEqual({ waited: true, status: 'unavailable' });
    expect(clock.monotonicMs() - beganMs).toBe(250);
  });
});

describe('the age of a catalog', () => {
  it('counts from when its check began, also when the check took long', async () => {
    const { ask, store, clock, addAd } = createSlowWorld(1000);
    await addAd();
    store.headMs = 700;
    // It came with the check, so the answer is no older than the request.
    expect(await ask()).toEqual({ waited: true, version: 1, staleMs: 0 });
    expect(await ask()).toEqual({ waited: false, version: 1, staleMs: 700 });
    await clock.advance(300);
    expect(await ask()).toEqual({ waited: false, version: 1, staleMs: 1000 });
    await addAd();
    await clock.advance(1);
    store.headMs = 249;
    expect(await ask()).toEqual({ waited: true, version: 2, staleMs: 0 });
  });

  it('counts so also when the check found nothing new', async () => {
    const { ask, store, clock, addAd } = createSlowWorld(1000);
    await addAd();
    await ask();
    await clock.advance(1001);
    store.headMs = 240;
    expect(await ask()).toEqual({ waited: true, version: 1, staleMs: 0 });
    expect(await ask()).toEqual({ waited: false, version: 1, staleMs: 240 });
    await clock.advance(761);
    expect(await ask()).toMatchObject({ waited: true });
    expect(store.heads).toBe(3);
  });

  it('is told to a request that shares a check which began before it came', async () => {
    const { ask, store, clock, addAd, release } = createSlowWorld(1000);
    await addAd();
    store.holds = true;
    const first = ask();
    await clock.advance(400);
    const second = ask();
    await clock.advance(5000);
    release();
    expect([await first, await second]).toEqual([
      { waited: true, version: 1, staleMs: 0 },
      { waited: true, version: 1, staleMs: 400 },
    ]);
    expect(store.heads).toBe(1);
  });

  it.each([
    [999, 1, 1],
    [1000, 2, 2],
    [1001, 2, 2],
  ])(
    'lets a request share a check that began %d ms before, or wait for the next',
    async (laterMs, heads, version) => {
      const { ask, store, clock, addAd, release } = createSlowWorld(1000);
      await addAd();
      store.holds = true;
      const first = ask();
      await clock.advance(laterMs);
      await addAd();
      const second = ask();
      release();
      await first;
      expect(await second).toMatchObject({ version });
      expect(store.heads).toBe(heads);
    },
  );

  it.each([
    [1000, 1000, false],
    [1001, 1001, true],
    [1001, 0, true],
    [0, 1001, true],
    [1000, -hourMs, false],
  ])(
    'is the larger of both clocks: %d ms of the one, %d ms of the other',
    async (passedMs, wallMs, waited) => {
      const { ask, clock } = createSlowWorld(1000);
      await ask();
      await clock.advance(passedMs);
      clock.jump(wallMs - passedMs);
      expect((await ask()).waited).toBe(waited);
    },
  );
});

describe('a reader whose store is down', () => {
  it('serves for as long as the stage allows, to the millisecond', async () => {
    const { ask, store, clock, addAd, telemetry } = createSlowWorld(0, 5000);
    await addAd();
    await ask();
    store.down = true;
    await clock.advance(5000);
    expect(await ask()).toEqual({ waited: true, version: 1, staleMs: 5000 });
    await clock.advance(1);
    expect(await ask()).toEqual({ waited: true, status: 'unavailable' });
    expect(telemetry.total(metrics.catalogStaleServed)).toBe(1);
  });

  it('tries again after a quarter of a second, not before', async () => {
    const { ask, store, clock } = createSlowWorld(0, 5000);
    await ask();
    store.down = true;
    const heads: number[] = [];
    for (const afterMs of [1, 249, 1, 249, 1]) {
      await clock.advance(afterMs);
      await ask();
      heads.push(store.heads);
    }
    expect(heads).toEqual([2, 2, 3, 3, 4]);
    store.down = false;
    await clock.advance(249);
    expect(await ask()).toMatchObject({ staleMs: 750 });
    await clock.advance(1);
    expect(await ask()).toMatchObject({ staleMs: 0 });
  });

  it('pauses in the same way while the store is older than the catalog', async () => {
    const { ask, store, clock, addAd, memoryState, telemetry } = createSlowWorld(0, 5000);
    await addAd();
    const older = await memoryState.get(headKey);
    await addAd();
    expect(await ask()).toMatchObject({ version: 2 });
    await memoryState.write({ type: 'put', key: headKey, attributes: older! });
    const heads: number[] = [];
    for (const afterMs of [1, 249, 1]) {
      await clock.advance(afterMs);
      expect(await ask()).toMatchObject({ version: 2 });
      heads.push(store.heads);
    }
    expect(heads).toEqual([2, 2, 3]);
    expect(telemetry.total(metrics.catalogStaleServed)).toBe(3);
  });

  it('waits for a token, and does not take a failed check for one that met it', async () => {
    const { ask, store, clock, addAd } = createSlowWorld(1000);
    await addAd();
    await ask();
    const waiting = ask([token('2', clock.nowMs())]);
    store.down = true;
    expect(await waiting).toEqual({ waited: true, status: 'not-caught-up' });
  });
});

describe('a token whose shard has no mark', () => {
  const twiceMs = 2 * 7 * 24 * hourMs;

  it.each([
    [-1, true],
    [0, true],
    [1, false],
  ])('is met at once from %d ms after twice the retention on, or waited for: %s', async (afterMs, waited) => {
    const { ask, addAd, clock } = createSlowWorld(1000);
    await addAd();
    await ask();
    const issuedAtMs = clock.nowMs() - twiceMs - afterMs;
    expect(await ask([token('1', issuedAtMs, 'gone')])).toMatchObject({ waited, version: 1 });
  });

  it('does not stand in for another one', async () => {
    const { ask, addAd, clock } = createSlowWorld(1000);
    await addAd();
    await ask();
    const met = token('1', clock.nowMs());
    expect(await ask([met, met])).toMatchObject({ version: 1 });
    expect(await ask([met, token('2', clock.nowMs())])).toMatchObject({ status: 'not-caught-up' });
    expect(await ask([token('2', clock.nowMs()), met])).toMatchObject({ status: 'not-caught-up' });
  });
});
