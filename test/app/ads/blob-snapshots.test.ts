import { describe, expect, it } from '@jest/globals';
import { createAdProjector, type AdProjectorOptions } from '../../../lib/app/ads/ad-projector.ts';
import { createCatalogReader } from '../../../lib/app/ads/catalog-reader.ts';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import { headKey, manifestKey } from '../../../lib/app/state-keys.ts';
import type { BlobStore } from '../../../lib/ports/blob-store.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { adCreated } from '../../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf } from '../../support/ad-world.ts';
import { createMemoryBlobStore } from '../../support/memory/memory-blob-store.ts';

const always: AdProjectorOptions = {
  ...{ snapshotChangesBytesMin: 0, snapshotBlobsFromBytes: 1, snapshotChunkCharactersMax: 1000 },
};
const tenMinutesMs = 10 * 60_000;

function createWorld() {
  const blobs = createMemoryBlobStore();
  const world = createAdWorld({ blobs });
  let logged = 0;
  /** Logs new ads and projects them, in batches that each make a snapshot due. */
  const project = async (count: number, ports = world.ports, options = always): Promise<void> => {
    const projector = createAdProjector(ports, options);
    const records = recordsOf(Array.from({ length: logged + count }, (_, n) => adCreated(n))).slice(logged);
    logged += count;
    await projectAll(projector, records);
  };
  const head = async () => parseHead(await world.memoryState.get(headKey));
  const chunkItems = () => world.memoryState.all().filter(({ key }) => key.pk.includes('chunk#')).length;
  const read = (ports = world.ports) => createCatalogReader(ports).current([]);
  return { ...world, blobs, project, head, chunkItems, read };
}

describe('a snapshot above the size', () => {
  it('is written as blobs, and the head points to it', async () => {
    const { project, head, blobs, chunkItems, memoryState, read } = createWorld();
    await project(30);
    const { version, active } = await head();
    expect(active.snapshotVersion).toBe(version);
    expect(chunkItems()).toBe(0);
    expect(blobs.names.length).toBeGreaterThan(3);
    const { chunks, place, manifest } = (await memoryState.get(manifestKey(version)))!;
    expect(place).toBe('blobs');
    expect(chunks).toBeUndefined();
    expect((JSON.parse(String(manifest)) as { v: number }).v).toBe(2);
    expect(await read()).toMatchObject({ status: 'ok', catalog: { version, size: 30 } });
  });

  it('is written as items below the size, without the setting, and without a store of blobs', async () => {
    for (const options of [{ snapshotBlobsFromBytes: 1e9 }, { snapshotBlobsFromBytes: undefined }]) {
      const { project, blobs, chunkItems } = createWorld();
      await project(30, undefined, { ...always, ...options });
      expect([blobs.names.length, chunkItems() > 0]).toEqual([0, true]);
    }
    const { project, ports, blobs, chunkItems } = createWorld();
    const without = { ...ports };
    delete without.blobs;
    await project(30, without);
    expect([blobs.names.length, chunkItems() > 0]).toEqual([0, true]);
  });

  it('is left for the changes by a reader that lacks a blob, or a store of them', async () => {
    for (const spoil of ['removed', 'no store'] as const) {
      const { project, ports, blobs, read, telemetry } = createWorld();
      await project(30);
      if (spoil === 'removed') await blobs.remove(blobs.names[0]!);
      const without = { ...ports };
      delete without.blobs;
      const view = await read(spoil === 'no store' ? without : ports);
      expect(view).toMatchObject({ status: 'ok', catalog: { version: 30, size: 30 } });
      expect(telemetry.total(metrics.snapshotCorrupt)).toBe(1);
    }
  });

  it('is removed with its blobs ten minutes after it was superseded', async () => {
    const { project, blobs, clock } = createWorld();
    await project(10);
    const first = blobs.names;
    await project(20);
    await project(40);
    expect(blobs.names).toEqual(expect.arrayContaining([...first]));
    await clock.advance(tenMinutesMs);
    await project(80);
    for (const name of first) expect(blobs.names).not.toContain(name);
  });

  it('leaves nothing that nobody removes when its projector ends at any blob', async () => {
    for (let failing = 0; failing < 4; failing += 1) {
      const { project, ports, blobs, clock, memoryState, read } = createWorld();
      let puts = 0;
      const ending: BlobStore = {
        ...blobs,
        put: async (name, bytes) => {
          puts += 1;
          if (puts > failing) throw new StateStoreError('state-unavailable', 'the end');
          await blobs.put(name, bytes);
        },
      };
      await project(40, { ...ports, blobs: ending });
      expect(blobs.names).toHaveLength(failing);
      expect(await read()).toMatchObject({ status: 'ok', catalog: { version: 40 } });
      const unfinished = (await memoryState.get(manifestKey(40)))!;
      expect(unfinished).toMatchObject({ state: 'writing', place: 'blobs' });
      const left = blobs.names;
      await clock.advance(tenMinutesMs);
      await project(10);
      for (const name of left) expect(blobs.names).not.toContain(name);
      expect(await memoryState.get(manifestKey(40))).toBeUndefined();
    }
  });

  it('stays, manifest and all, where nobody can remove its blobs', async () => {
    const { project, ports, blobs, clock, memoryState } = createWorld();
    await project(10);
    const first = blobs.names;
    const without = { ...ports };
    delete without.blobs;
    await project(10, without);
    await clock.advance(tenMinutesMs);
    await project(10, without);
    await project(10, without);
    expect(blobs.names).toEqual(first);
    expect(await memoryState.get(manifestKey(10))).toMatchObject({ state: 'complete' });
  });
});
