import { describe, expect, it } from '@jest/globals';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import { loadSnapshot } from '../../../lib/app/ads/snapshot-reader.ts';
import { createSnapshotUpkeep } from '../../../lib/app/ads/snapshot-upkeep.ts';
import { headKey } from '../../../lib/app/state-keys.ts';
import { AdState } from '../../../lib/core/ads/ad-state.ts';
import { SnapshotAds } from '../../../lib/core/ads/snapshot/snapshot-ads.ts';
import { StateStoreError, type ItemKey, type StateStore } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { auditAdStore } from '../../support/ad-store-audit.ts';
import { createAdWorld, type AdWorld } from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const minuteMs = 60_000;
const supersededForMs = 10 * minuteMs;
const pauseMs = 30_000;
/** One ad a chunk, and a snapshot whenever one byte has changed. */
const oneAdEach = { snapshotChangesBytesMin: 0, snapshotChunkCharactersMax: 1 };

/** Around what is written (8), removed (25) and read (40) at a time, once and again. */
const chunkCounts = [0, 1, 8, 9, 16, 25, 26, 40, 41, 51, 81];

describe('a snapshot of many chunks', () => {
  it.each(chunkCounts)('is written, read and removed whole: %d chunks', async (count) => {
    const world = createSnapshotWorld();
    await world.write(count);
    expect(await world.load()).toEqual({ version: 1, ids: idsOf(count) });
    expect(world.chunksLeft()).toHaveLength(count);
    await world.write(1);
    await world.write(1);
    await world.clock.advance(supersededForMs);
    await world.write(1);
    expect([world.chunksLeft().length, await world.versions()]).toEqual([3, [2, 3, 4]]);
    expect(world.offences()).toEqual([]);
  });

  it('names every chunk in its manifest, before the chunk is there and until it is gone', async () => {
    const world = createSnapshotWorld({ everyWrite: true });
    for (const count of [20, 30, 9, 1]) {
      await world.write(count);
      await world.clock.advance(supersededForMs);
    }
    await world.write(1);
    expect(await world.versions()).toEqual([3, 4, 5]);
    expect(world.offences()).toEqual([]);
  });

  it.each([0, 7, 8, 39, 40, 44])(
    'is corrupt without its chunk %d, and the one before it is read',
    async (lost) => {
      const world = createSnapshotWorld();
      await world.write(3);
      const before = new Set(world.chunksLeft());
      await world.write(45);
      const chunks = world.chunksLeft().filter((pk) => !before.has(pk));
      await world.memoryState.write({ type: 'delete', key: { table: 'ads', pk: chunks[lost]!, sk: '' } });
      expect(await world.load()).toEqual({ version: 1, ids: idsOf(3) });
      expect(world.telemetry.total(metrics.snapshotCorrupt)).toBe(1);
    },
  );

  it('is not published when one of its chunks is refused', async () => {
    const world = createSnapshotWorld();
    await world.write(3);
    const refusing = overrideState(world.state, {
      writeEach: async (actions) => {
        const results = await world.state.writeEach(actions.slice(1));
        return [new StateStoreError('state-throttled', 'no'), ...results];
      },
    });
    await world.write(45, refusing);
    expect(parseHead(await world.memoryState.get(headKey)).active.snapshotVersion).toBe(1);
    expect(await world.load()).toEqual({ version: 1, ids: idsOf(3) });
  });

  it('keeps its manifest while a chunk of it is not removed, and goes with the next run', async () => {
    const world = createSnapshotWorld();
    await world.write(60);
    await world.write(1);
    await world.write(1);
    await world.clock.advance(supersededForMs);
    let deletes = 0;
    const refusing = overrideState(world.state, {
      writeEach: async (actions) => {
        const results = await world.state.writeEach(actions);
        if (actions[0]?.type !== 'delete' || ++deletes !== 2) return results;
        return results.map(() => new StateStoreError('state-throttled', 'no'));
      },
    });
    await world.write(1, refusing);
    expect(await world.states()).toEqual(['1 removing', '2 complete', '3 complete', '4 complete']);
    await world.clock.advance(pauseMs);
    await world.write(1);
    expect(await world.states()).toEqual(['2 complete', '3 complete', '4 complete', '5 complete']);
    expect(world.chunksLeft()).toHaveLength(4);
  });
});

describe('a reader that found a snapshot a while ago', () => {
  it.each([
    [supersededForMs - 1, 1],
    [supersededForMs, 3],
  ])('finds its chunks for %d ms after the snapshot was superseded', async (afterMs, version) => {
    const world = createSnapshotWorld();
    await world.write(50);
    await world.write(1);
    await world.write(2);
    await world.clock.advance(afterMs);
    await world.write(3);
    // It loads by the manifests of then: version 1 was the newest.
    const loaded = await world.load(1);
    expect(loaded?.version).toBe(version === 1 ? 1 : undefined);
  });

  it('is superseded when the newer one is complete, not when that was begun', async () => {
    const world = createSnapshotWorld();
    await world.write(2);
    await world.write(1);
    const slow = overrideState(world.state, {
      writeEach: async (actions) => {
        await world.clock.advance(9 * minuteMs);
        return world.state.writeEach(actions);
      },
    });
    // 18 minutes for 9 chunks, 8 at a time.
    await world.write(9, slow);
    await world.clock.advance(supersededForMs - 1);
    await world.write(1);
    expect(await world.versions()).toEqual([1, 2, 3, 4]);
    await world.clock.advance(1);
    await world.write(1);
    expect(await world.versions()).toEqual([2, 3, 4, 5]);
  });
});

describe('many old snapshots', () => {
  it('are removed four at a time', async () => {
    const world = createSnapshotWorld();
    for (let n = 0; n < 12; n++) await world.write(1);
    await world.clock.advance(supersededForMs);
    const left: number[] = [];
    for (let n = 0; n < 4; n++) {
      await world.write(1);
      left.push((await world.versions()).length);
    }
    expect(left).toEqual([9, 6, 5, 6]);
  });

  it('hide no newer one from a reader', async () => {
    const world = createSnapshotWorld();
    for (let n = 1; n <= 40; n++) await world.write(n % 3);
    expect(await world.load()).toEqual({ version: 40, ids: idsOf(40 % 3) });
    expect(await world.load(35)).toEqual({ version: 35, ids: idsOf(35 % 3) });
  });

  it.each([
    [1, 3],
    [2, 2],
    // After three that are corrupt the changes are the better source.
    [3, undefined],
  ])('are read when %d newer ones are corrupt', async (corrupt, version) => {
    const world = createSnapshotWorld();
    for (let n = 1; n <= 4; n++) await world.write(n);
    for (let n = 4; n > 4 - corrupt; n--) {
      const key: ItemKey = { table: 'ads', pk: 'snapshots', sk: String(n).padStart(16, '0') };
      await world.memoryState.write({ type: 'update', key, set: { manifest: '{' } });
    }
    expect((await world.load())?.version).toBe(version);
    expect(world.telemetry.total(metrics.snapshotCorrupt)).toBe(corrupt);
  });

  it('are no use to a head before them, or while they are written or removed', async () => {
    const world = createSnapshotWorld();
    for (let n = 1; n <= 4; n++) await world.write(n);
    expect((await world.load(3))?.version).toBe(3);
    for (const [n, state] of [
      [4, 'writing'],
      [3, 'removing'],
    ] as const) {
      const key: ItemKey = { table: 'ads', pk: 'snapshots', sk: String(n).padStart(16, '0') };
      await world.memoryState.write({ type: 'update', key, set: { state } });
    }
    expect((await world.load())?.version).toBe(2);
    expect(world.telemetry.total(metrics.snapshotCorrupt)).toBe(0);
  });
});

describe('the need for a snapshot', () => {
  it.each([
    { min: 100, snapshotBytes: 0, changesBytes: 100, due: false },
    { min: 100, snapshotBytes: 0, changesBytes: 101, due: true },
    { min: 100, snapshotBytes: 200, changesBytes: 101, due: true },
    { min: 100, snapshotBytes: 1000, changesBytes: 500, due: false },
    { min: 100, snapshotBytes: 1000, changesBytes: 501, due: true },
    { min: undefined, snapshotBytes: 0, changesBytes: 262_144, due: false },
    { min: undefined, snapshotBytes: 0, changesBytes: 262_145, due: true },
  ])('%j', async ({ min, snapshotBytes, changesBytes, due }) => {
    const world = createSnapshotWorld();
    const options = min === undefined ? {} : { snapshotChangesBytesMin: min };
    await world.run({ snapshotBytes, changesBytes }, world.state, options);
    expect(await world.versions()).toEqual(due ? [1] : []);
  });

  it('waits for 30 seconds after a failure, and after one that another projector overtook', async () => {
    const failing = [
      async () => Promise.reject(new StateStoreError('state-unavailable', 'no answer')),
      async () => Promise.resolve({ status: 'condition-failed' as const, failed: [] }),
    ];
    for (const transact of failing) {
      const world = createSnapshotWorld();
      await world.write(1, overrideState(world.state, { transact }));
      expect(world.heads).toEqual([undefined]);
      const tries: (readonly string[])[] = [];
      for (const afterMs of [0, pauseMs - 1, 1]) {
        await world.clock.advance(afterMs);
        await world.write(1);
        tries.push(await world.states());
      }
      // A try makes the next version, and the first one was begun.
      expect(tries).toEqual([['1 writing'], ['1 writing'], ['1 writing', '4 complete']]);
    }
  });
});

/** Ads 0 .. count - 1. */
const idsOf = (count: number): string[] => Array.from({ length: count }, (_, n) => adId(n));

/** A world in which each snapshot is one version on, of as many ads as wanted. */
function createSnapshotWorld(options: Parameters<typeof auditAdStore>[1] = {}) {
  const world: AdWorld = createAdWorld();
  const chunks = new Set<string>();
  const audited = auditAdStore(world.memoryState, options);
  const noteChunks = (actions: readonly { readonly type: string; readonly key: ItemKey }[]): void => {
    for (const { type, key } of actions) {
      if (!key.pk.startsWith('chunk#')) continue;
      if (type === 'delete') chunks.delete(key.pk);
      else chunks.add(key.pk);
    }
  };
  const state = overrideState(audited.state, {
    writeEach: async (actions) => {
      noteChunks(actions);
      return audited.state.writeEach(actions);
    },
  });
  let version = 0;
  const heads: unknown[] = [];
  const upkeeps = new Map<unknown, ReturnType<typeof createSnapshotUpkeep>>();
  let through: StateStore = state;
  const ports = {
    ...world.ports,
    state: new Proxy(state, { get: (_target, name) => Reflect.get(through, name) as unknown }),
  };
  const run = async (
    bytes: { readonly snapshotBytes: number; readonly changesBytes: number },
    store: StateStore,
    upkeepOptions: Parameters<typeof createSnapshotUpkeep>[1],
    count = 1,
  ): Promise<void> => {
    through = store;
    version += 1;
    const before = parseHead(await world.memoryState.get(headKey));
    const head = { ...before, exists: true, version, active: { ...before.active, ...bytes } };
    await world.memoryState.write({
      type: 'update',
      key: headKey,
      set: { version: BigInt(version), snapshot_version: BigInt(before.active.snapshotVersion) },
    });
    const upkeep = upkeeps.get(upkeepOptions) ?? createSnapshotUpkeep(ports, upkeepOptions);
    upkeeps.set(upkeepOptions, upkeep);
    const ads = idsOf(count).map((id) => buildAd({ id }));
    await upkeep.run(AdState.from(ads, version), head, (moved) => heads.push(moved?.active.snapshotVersion));
  };
  const manifests = async () =>
    (await world.memoryState.query({ table: 'ads', pk: 'snapshots', limit: 1000 })).items;
  return {
    ...world,
    state,
    heads,
    /** There are no changes here, so only the rules about chunks apply. */
    offences: () => audited.offences.filter((text) => text.includes('chunk')),
    run,
    /** A snapshot of the next version, if the upkeep does not pause. */
    write: async (count: number, store: StateStore = state) =>
      run({ snapshotBytes: 0, changesBytes: 1 }, store, oneAdEach, count),
    load: async (throughVersion = version) => {
      const loaded = await loadSnapshot(
        world.ports,
        { id: 1, snapshotVersion: throughVersion },
        () => new SnapshotAds(),
      );
      return loaded && { version: loaded.version, ids: loaded.rows.ads.map(({ id }) => id) };
    },
    chunksLeft: () => [...chunks],
    versions: async () => (await manifests()).map(({ sk }) => Number(sk)),
    states: async () =>
      (await manifests()).map(({ sk, attributes }) => `${Number(sk)} ${String(attributes.state)}`),
  };
}
