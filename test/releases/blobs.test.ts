import { describe, expect, it } from '@jest/globals';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { stageNames, stageSettings } from '../../lib/stages.ts';
import { adCreated } from '../support/ad-event-builder.ts';
import { createAdWorld, projectAll, recordsOf } from '../support/ad-world.ts';
import { createMemoryBlobStore } from '../support/memory/memory-blob-store.ts';

/**
 * The two steps of a stage whose functions know no snapshots in S3: first every function reads them, then a setting
 * lets the projector write them. The old ones take such a snapshot for unreadable, in whatever order things happen.
 */
const everySnapshot = { snapshotChangesBytesMin: 0, snapshotChunkCharactersMax: 1000 };

function createWorld() {
  const blobs = createMemoryBlobStore();
  const world = createAdWorld({ blobs });
  let logged = 0;
  const project = async (snapshotBlobsFromBytes: number | undefined): Promise<void> => {
    const projector = createAdProjector(world.ports, { ...everySnapshot, snapshotBlobsFromBytes });
    const from = logged;
    logged += 10;
    const events = Array.from({ length: logged }, (_, n) => adCreated(n));
    await projectAll(projector, recordsOf(events).slice(from));
  };
  /** The versions of the manifests that are there, newest last. */
  const manifests = (): unknown[] =>
    world.memoryState
      .all()
      .flatMap(({ attributes: { manifest } }) =>
        typeof manifest === 'string' ? [(JSON.parse(manifest) as { readonly v: number }).v] : [],
      );
  return { ...world, blobs, project, manifests };
}

it.each(stageNames)('%s has not taken the second step', (name) => {
  expect(stageSettings(name).ads.snapshotBlobsFromBytes).toBeUndefined();
});

describe('the first step: functions read snapshots in S3, and write none', () => {
  it('writes what a release before it reads', async () => {
    const { project, manifests, blobs } = createWorld();
    await project(stageSettings('prod').ads.snapshotBlobsFromBytes);
    expect(new Set(manifests())).toEqual(new Set([1]));
    expect(blobs.names).toEqual([]);
  });

  it('reads what a stage has written that took the second step and went back', async () => {
    const { project, ports, manifests, blobs, clock } = createWorld();
    await project(1);
    expect(new Set(manifests())).toEqual(new Set([2]));
    const held = await createCatalogReader(ports).current([]);
    expect(held).toMatchObject({ status: 'ok', catalog: { version: 10, size: 10 } });
    for (let n = 0; n < 3; n += 1) await project(undefined);
    await clock.advance(11 * 60_000);
    await project(undefined);
    await project(undefined);
    expect(new Set(manifests())).toEqual(new Set([1]));
    expect(blobs.names).toEqual([]);
  });
});

describe('the second step: the projector writes snapshots to S3', () => {
  it('leaves a function that knows none the changes, which hold everything', async () => {
    const { project, ports } = createWorld();
    await project(1);
    const before = { ...ports };
    delete before.blobs;
    const view = await createCatalogReader(before).current([]);
    expect(view).toMatchObject({ status: 'ok', catalog: { version: 10, size: 10 } });
  });
});
