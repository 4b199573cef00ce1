import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import { bringUpTo, StateFollower } from '../../../lib/app/ads/ad-recovery.ts';
import { CatalogFollower } from '../../../lib/app/ads/catalog-follower.ts';
import { ChangeLogGapError } from '../../../lib/app/ads/change-log.ts';
import {
  changeKey,
  chunkKey,
  headKey,
  manifestKey,
  manifestsPartition,
} from '../../../lib/app/state-keys.ts';
import { AdState } from '../../../lib/core/ads/ad-state.ts';
import { canonicalState } from '../../../lib/core/ads/snapshot/canonical-state.ts';
import { Catalog } from '../../../lib/core/ads/catalog/catalog.ts';
import { manifestFromJson } from '../../../lib/core/ads/snapshot/snapshot-manifest.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { adEventLogs } from '../../support/ad-event-arbitraries.ts';
import { adCreated, adDeleted, adUpdated } from '../../support/ad-event-builder.ts';
import {
  batchOf,
  createAdWorld,
  projectAll,
  projectEvents,
  recordsOf,
  recoverState,
  replayState,
  type AdWorld,
  withoutSnapshot,
} from '../../support/ad-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const always = { snapshotChangesBytesMin: 0 };
const creations = (count: number) => Array.from({ length: count }, (_, n) => adCreated(n));

async function manifests(world: AdWorld) {
  const { items } = await world.memoryState.query({ table: 'ads', pk: manifestsPartition(), limit: 100 });
  return items.map(({ sk, attributes }) => ({
    version: Number(sk),
    state: attributes.state,
    chunks: manifestFromJson(String(attributes.manifest))?.chunks ?? [],
  }));
}

async function expectSameBytes(world: AdWorld): Promise<void> {
  const replayed = await replayState(world.ports);
  expect(canonicalState(await recoverState(world.ports))).toBe(canonicalState(replayed));
  const cold = new CatalogFollower(Catalog.empty());
  await bringUpTo(world.ports, parseHead(await world.memoryState.get(headKey)), cold);
  const catalog = cold.catalog();
  expect(cold.version).toBe(replayed.version);
  expect(canonicalState(AdState.from([...catalog.ads()], catalog.version))).toBe(canonicalState(replayed));
}

describe('a snapshot and the changes after it', () => {
  it('are the replay of all changes, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(adEventLogs, fc.integer({ min: 1, max: 20 }), async (log, batchSize) => {
        const world = await projectEvents(log, { ...always, batchSize });
        await expectSameBytes(world);
        const { active, version } = parseHead(await world.memoryState.get(headKey));
        expect(active.snapshotVersion > 0).toBe(version > 0);
      }),
      { numRuns: 100 },
    );
  });

  it('are what a warm follower has, too', async () => {
    const world = await projectEvents(creations(40), { ...always, batchSize: 10 });
    const warm = new StateFollower();
    await bringUpTo(world.ports, { ...parseHead(await world.memoryState.get(headKey)), version: 7 }, warm);
    await bringUpTo(world.ports, parseHead(await world.memoryState.get(headKey)), warm);
    expect(canonicalState(warm.state)).toBe(canonicalState(await recoverState(world.ports)));
  });
});

describe('a cold catalog', () => {
  it('needs no change before its snapshot', async () => {
    const world = await projectEvents(creations(40), { ...always, batchSize: 40 });
    await projectAll(createAdProjector(world.ports), recordsOf(creations(45)).slice(40));
    const head = parseHead(await world.memoryState.get(headKey));
    expect([head.active.snapshotVersion, head.version]).toEqual([40, 45]);
    await world.memoryState.write({ type: 'delete', key: changeKey(7) });
    const follower = new CatalogFollower(Catalog.empty());
    await bringUpTo(world.ports, head, follower);
    expect(follower.catalog()).toMatchObject({ version: 45, size: 45 });
    expect(follower.reloaded).toBe(true);
  });
});

describe('when a snapshot is written', () => {
  it('is once the changes outweigh half of the last one', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports, always);
    const records = recordsOf(creations(120));
    await projectAll(projector, records.slice(0, 100));
    expect(parseHead(await world.memoryState.get(headKey)).active.snapshotVersion).toBe(100);
    await projectAll(projector, records.slice(100, 110));
    expect(parseHead(await world.memoryState.get(headKey)).active.snapshotVersion).toBe(100);
    const { changesBytes, snapshotBytes } = parseHead(await world.memoryState.get(headKey)).active;
    expect(changesBytes).toBeGreaterThan(0);
    expect(changesBytes).toBeLessThan(snapshotBytes / 2);
  });

  it('is never for a handful of changes', async () => {
    const world = await projectEvents(creations(50));
    expect(parseHead(await world.memoryState.get(headKey)).active.snapshotVersion).toBe(0);
    expect(world.telemetry.total(metrics.snapshotsWritten)).toBe(0);
  });

  it('is not for events that changed nothing', async () => {
    const world = await projectEvents([adCreated(1), ...[1, 2, 3].map((n) => adDeleted(50 + n))], {
      ...always,
      batchSize: 1,
    });
    expect(world.telemetry.total(metrics.snapshotsWritten)).toBe(1);
  });
});

describe('a snapshot that ends the function', () => {
  it('does not do so again when its batch is delivered again', async () => {
    const world = createAdWorld();
    const state = overrideState(world.memoryState, {
      writeEach: async () => Promise.reject(new Error('out of memory')),
    });
    const ports = { ...world.ports, state };
    const records = recordsOf(creations(3));
    await expect(createAdProjector(ports, always).project(batchOf(records))).rejects.toThrow('out of memory');
    expect(await createAdProjector(ports, always).project(batchOf(records))).toStrictEqual({
      lowestUnsettled: undefined,
    });
    expect((await recoverState(world.ports)).version).toBe(3);
  });
});

describe('old snapshots', () => {
  const updates = (count: number) =>
    Array.from({ length: count }, (_, n) => adUpdated(1, { title: `title ${n}` }, { tag: `${n}` }));

  it('stay for ten minutes after they are superseded, then go with their chunks; two are kept', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports, always);
    const records = recordsOf([adCreated(1), ...updates(5)]);
    for (const record of records.slice(0, 4)) await projectAll(projector, [record]);
    const before = await manifests(world);
    expect(before.map(({ version }) => version)).toStrictEqual([1, 2, 3, 4]);
    await world.clock.advance(10 * 60_000 - 1);
    await projectAll(projector, records.slice(4, 5));
    expect(await manifests(world)).toHaveLength(5);
    await world.clock.advance(10 * 60_000);
    await projectAll(projector, records.slice(5));
    expect((await manifests(world)).map(({ version }) => version)).toStrictEqual([4, 5, 6]);
    for (const hash of before.slice(0, 3).flatMap(({ chunks }) => chunks)) {
      expect(await world.memoryState.get(chunkKey(hash))).toBeUndefined();
    }
    await expectSameBytes(world);
  });

  it('that were never finished go as well, but not the one that may be under way', async () => {
    const world = createAdWorld();
    const projector = createAdProjector(world.ports, always);
    const records = recordsOf([adCreated(1), ...updates(3)]);
    const unfinished = async (version: number, hash: string): Promise<void> => {
      const createdAt = BigInt(world.clock.nowMs());
      const chunks = JSON.stringify([hash]);
      await world.memoryState.write({
        type: 'put',
        key: chunkKey(hash),
        attributes: { bytes: new Uint8Array(1) },
      });
      const attributes = { state: 'writing', chunks, created_at: createdAt };
      await world.memoryState.write({ type: 'put', key: manifestKey(version), attributes });
    };
    await projectAll(projector, records.slice(0, 2));
    await unfinished(1, 'old');
    await unfinished(9, 'ahead');
    await world.clock.advance(10 * 60_000);
    await projectAll(projector, records.slice(2, 3));
    expect(await manifests(world)).toMatchObject([{ version: 2 }, { version: 3 }, { version: 9 }]);
    expect(await world.memoryState.get(chunkKey('old'))).toBeUndefined();
    expect(await world.memoryState.get(chunkKey('ahead'))).toBeDefined();
  });
});

describe('a corrupt snapshot', () => {
  const corrupt = async (world: AdWorld, version: number): Promise<void> => {
    const found = (await manifests(world)).find((manifest) => manifest.version === version);
    const key = chunkKey(found!.chunks[0]!);
    const bytes = Uint8Array.from((await world.memoryState.get(key))!.bytes as Uint8Array);
    bytes[bytes.length >> 1]! ^= 1;
    await world.memoryState.write({ type: 'put', key, attributes: { bytes } });
  };

  it('is passed over for the one before, and a metric says so', async () => {
    const world = await projectEvents(creations(40), { ...always, batchSize: 20 });
    const expected = canonicalState(await replayState(world.ports));
    await corrupt(world, 40);
    expect(canonicalState(await recoverState(world.ports))).toBe(expected);
    expect(world.telemetry.total(metrics.snapshotCorrupt)).toBe(1);
  });

  it('is replaced by a full replay when all are', async () => {
    const world = await projectEvents(creations(40), { ...always, batchSize: 20 });
    const expected = canonicalState(await replayState(world.ports));
    await corrupt(world, 40);
    await world.memoryState.write({
      type: 'put',
      key: manifestKey(20),
      attributes: { state: 'complete', manifest: '{' },
    });
    expect(canonicalState(await recoverState(world.ports))).toBe(expected);
    expect(world.telemetry.total(metrics.snapshotCorrupt)).toBe(2);
  });

  it('does not stop the projector either', async () => {
    const world = await projectEvents(creations(40), { ...always, batchSize: 20 });
    await corrupt(world, 40);
    await projectAll(createAdProjector(world.ports), recordsOf(creations(41)));
    expect((await recoverState(world.ports)).version).toBe(41);
  });
});

describe('changes that do not join', () => {
  it('make a warm follower reload from the snapshot', async () => {
    const world = await projectEvents(creations(40), { ...always, batchSize: 20 });
    const head = parseHead(await world.memoryState.get(headKey));
    const warm = new StateFollower();
    await bringUpTo(world.ports, withoutSnapshot({ ...head, version: 10 }), warm);
    const expected = canonicalState(await replayState(world.ports));
    await world.memoryState.write({ type: 'delete', key: changeKey(15) });
    await bringUpTo(world.ports, head, warm);
    expect(canonicalState(warm.state)).toBe(expected);
  });

  it.each([
    ['missing', undefined],
    ['garbage', { change: '{' }],
    ['another version', { change: '{"v":1,"remove":"x","reason":"deleted","version":7}' }],
  ])('and no snapshot past them are an error, not a wrong state: %s', async (_what, attributes) => {
    const world = await projectEvents(creations(20));
    const key = changeKey(15);
    await world.memoryState.write(
      attributes === undefined ? { type: 'delete', key } : { type: 'put', key, attributes },
    );
    await expect(recoverState(world.ports)).rejects.toThrow(ChangeLogGapError);
    const [, ...more] = recordsOf(creations(21)).toReversed();
    expect(more).toHaveLength(20);
    const projector = createAdProjector(world.ports);
    const record = recordsOf(creations(21)).at(-1)!;
    expect(await projector.project(batchOf([record]))).toStrictEqual({ lowestUnsettled: '21' });
  });
});

describe('a change log over many buckets', () => {
  it('is read whole and in order', async () => {
    const world = createAdWorld();
    await projectEvents(creations(2100), {}, world);
    expect((await recoverState(world.ports)).size).toBe(2100);
    const follower = new CatalogFollower(Catalog.empty());
    await bringUpTo(world.ports, parseHead(await world.memoryState.get(headKey)), follower);
    expect(follower.catalog()).toMatchObject({ version: 2100, size: 2100 });
  });
});
