import { describe, expect, it } from '@jest/globals';
import { createCatalogReader } from '../../../lib/app/ads/catalog-reader.ts';
import { StateStoreError, type ReadOptions, type StateStore } from '../../../lib/ports/state-store.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { createAdWorld } from '../../support/ad-world.ts';
import { createMemoryStateStore, type MemoryStateStore } from '../../support/memory/memory-state-store.ts';
import { writeAds, writeChanges } from '../../fleet/ads-at-rest.ts';

interface Read {
  readonly of: string;
  readonly consistency: string;
}

/** The store, each of its reads noted; `before` may refuse one. */
function watched(store: MemoryStateStore, before: (of: string) => void = () => undefined) {
  const reads: Read[] = [];
  const note = (pks: readonly string[], { consistency = 'strong' }: ReadOptions = {}): void => {
    for (const of of new Set(pks.map((pk) => pk.split('#', 1)[0] ?? ''))) {
      before(of);
      reads.push({ of, consistency });
    }
  };
  const state: StateStore = Object.assign(Object.create(store) as StateStore, {
    get: async (...[key, options]: Parameters<StateStore['get']>) => {
      note([key.pk], options);
      return store.get(key, options);
    },
    getMany: async (...[keys, options]: Parameters<StateStore['getMany']>) => {
      note(
        keys.map(({ pk }) => pk),
        options,
      );
      return store.getMany(keys, options);
    },
    query: async (...[range, options]: Parameters<StateStore['query']>) => {
      note([range.pk], options);
      return store.query(range, options);
    },
  });
  const of = (kind: string): readonly string[] =>
    reads.filter((read) => read.of === kind).map(({ consistency }) => consistency);
  return { state, of };
}

const throttled = (): Error => new StateStoreError('state-throttled', 'for now');

async function worldWith({ ads = 40, changes = 5, lag = false, chunkCharacters = 1000 } = {}) {
  const world = createAdWorld();
  const store = createMemoryStateStore({ nowMs: () => world.clock.nowMs(), misses: () => lag });
  await writeAds({ state: store, clock: world.clock }, { ads, changes, chunkCharacters });
  const { ports } = world;
  const open = (state: StateStore) =>
    createCatalogReader({ ...ports, state, settings: stageSettings('prod') });
  return {
    ...{ ...world, store, open },
  };
}

describe('a cold reader', () => {
  it('reads chunks, manifest and changes eventually, and the head strongly', async () => {
    const { store, open } = await worldWith();
    const { state, of } = watched(store);
    expect(await open(state).current([])).toMatchObject({ status: 'ok', catalog: { version: 45, size: 40 } });
    expect(of('head')).toEqual(['strong']);
    for (const kind of ['snapshots', 'chunk', 'changes']) {
      expect(of(kind).length).toBeGreaterThan(0);
      expect(new Set(of(kind))).toEqual(new Set(['eventual']));
    }
  });

  it('reads strongly, once, what eventual reads do not have yet', async () => {
    const { store, open } = await worldWith({ lag: true });
    const { state, of } = watched(store);
    expect(await open(state).current([])).toMatchObject({ status: 'ok', catalog: { version: 45, size: 40 } });
    expect(of('snapshots')).toEqual(['eventual', 'strong']);
    expect(of('changes')).toEqual(['eventual', 'strong']);
    const chunks = of('chunk');
    expect(chunks.filter((consistency) => consistency === 'strong')).toHaveLength(chunks.length / 2);
  });

  it('takes a manifest that an eventual read still finds unfinished for what it is by now', async () => {
    const { store, open, clock } = await worldWith();
    await clock.advance(5000);
    const { state, of } = watched(store);
    const unfinished: StateStore = Object.assign(Object.create(state) as StateStore, {
      get: async (...[key, options]: Parameters<StateStore['get']>) => {
        const item = await state.get(key, options);
        const isOld = key.pk === 'snapshots' && options?.consistency === 'eventual';
        return isOld ? { ...item, state: 'writing' } : item;
      },
    });
    expect(await open(unfinished).current([])).toMatchObject({ status: 'ok', catalog: { version: 45 } });
    expect(of('snapshots')).toEqual(['eventual', 'strong']);
    expect(of('changes')).toHaveLength(1);
  });

  it('finds changes that an eventual read misses, once it is warm too', async () => {
    const { store, open, clock } = await worldWith({ lag: true });
    await clock.advance(5000);
    const { state, of } = watched(store);
    const reader = open(state);
    await reader.current([]);
    expect(of('changes')).toEqual(['eventual']);
    await writeChanges(store, { ads: 40, changes: 4, after: 45 });
    expect(await reader.current([], 'strong')).toMatchObject({ status: 'ok', catalog: { version: 49 } });
    expect(of('changes')).toEqual(['eventual', 'eventual', 'strong']);
  });

  it('goes on with the chunks that it has after its load has failed', async () => {
    const { store, open, clock } = await worldWith({ chunkCharacters: 300 });
    let isDown = false;
    let reads = 0;
    const { state, of } = watched(store, (kind) => {
      if (kind === 'chunk') reads += 1;
      isDown ||= reads === 3;
      if (isDown) throw new StateStoreError('state-unavailable', 'gone');
    });
    const reader = open(state);
    expect(await reader.current([], 'strong')).toEqual({ status: 'unchecked' });
    expect(of('chunk')).toHaveLength(2);
    isDown = false;
    reads = 100;
    await clock.advance(1000);
    expect(await reader.current([], 'strong')).toMatchObject({ status: 'ok', catalog: { size: 40 } });
    // Each is read once.
    const chunks = store.all().filter(({ key }) => key.pk.startsWith('chunk#')).length;
    expect(chunks).toBeGreaterThan(20);
    expect(of('chunk')).toHaveLength(chunks);
  });

  it('reads no chunk again because the changes after them could not be read', async () => {
    const { store, open, clock } = await worldWith();
    let isDown = true;
    const { state, of } = watched(store, (kind) => {
      if (kind === 'changes' && isDown) throw new StateStoreError('state-unavailable', 'gone');
    });
    const reader = open(state);
    expect(await reader.current([], 'strong')).toEqual({ status: 'unchecked' });
    const chunks = of('chunk').length;
    expect(chunks).toBeGreaterThan(0);
    isDown = false;
    await clock.advance(1000);
    expect(await reader.current([], 'strong')).toMatchObject({ status: 'ok', catalog: { version: 45 } });
    expect(of('chunk')).toHaveLength(chunks);
  });

  it('tries again what the store throttles, at random times', async () => {
    const { store, open, clock } = await worldWith();
    let refusals = 0;
    const { state } = watched(store, () => {
      refusals += 1;
      if (refusals % 3 !== 0) throw throttled();
    });
    const beganMs = clock.monotonicMs();
    expect(await open(state).current([])).toMatchObject({ status: 'ok', catalog: { version: 45, size: 40 } });
    expect(clock.monotonicMs() - beganMs).toBeGreaterThan(0);
  });

  it('gives up after 20 seconds of a store that throttles everything', async () => {
    const { store, open, clock } = await worldWith();
    let tries = 0;
    const { state } = watched(store, () => {
      tries += 1;
      throw throttled();
    });
    const beganMs = clock.monotonicMs();
    expect(await open(state).current([])).toEqual({ status: 'unavailable' });
    expect(clock.monotonicMs() - beganMs).toBeGreaterThan(10_000);
    expect(clock.monotonicMs() - beganMs).toBeLessThanOrEqual(20_000);
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThanOrEqual(31);
  });

  it('does not wait for a store that does not answer', async () => {
    const { store, open, clock } = await worldWith();
    const { state } = watched(store, () => {
      throw new StateStoreError('state-unavailable', 'gone');
    });
    const beganMs = clock.monotonicMs();
    expect(await open(state).current([])).toEqual({ status: 'unavailable' });
    expect(clock.monotonicMs()).toBe(beganMs);
  });
});

describe('a warm reader', () => {
  it('answers at once with what it has while the store throttles', async () => {
    const { store, open, clock } = await worldWith();
    let isThrottled = false;
    const { state } = watched(store, () => {
      if (isThrottled) throw throttled();
    });
    const reader = open(state);
    await reader.current([]);
    isThrottled = true;
    await clock.advance(2000);
    const beganMs = clock.monotonicMs();
    expect(await reader.current([])).toMatchObject({ status: 'ok', staleMs: 2000 });
    expect(clock.monotonicMs()).toBe(beganMs);
  });
});
