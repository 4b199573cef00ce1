import { parseJson } from '../../core/ads/ad-row.ts';
import type { AdState } from '../../core/ads/ad-state.ts';
import { manifestFromJson } from '../../core/ads/snapshot/snapshot-manifest.ts';
import { isPortError } from '../../ports/port-error.ts';
import { isStateStoreError, type StoredItem } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { chunkBlob, chunkKey, manifestKey, manifestsPartition, type ProjectionId } from '../state-keys.ts';
import { projectionsOf, type AdHead, type ProjectionHead } from './ad-head.ts';
import { writeSnapshot } from './snapshot-writer.ts';

/** Below this, reading the changes one by one costs a page or two. */
const changesBytesMinDefault = 256 * 1024;

/** On top of a snapshot, a reader never has to read changes of more than half its size. */
const changesPerSnapshot = 1 / 2;

/**
 * The pause after a snapshot that could not be written: encoding it again with every batch would only cost
 * time.
 */
const pauseAfterFailureMs = 30_000;

export interface SnapshotUpkeep {
  /**
   * Writes a snapshot of each projection that is due one, and removes old ones. Passes the new head to
   * `moveHead`, or undefined if the head must be read again. Never rejects for a failure of the store: readers
   * then use the old snapshot and the changes.
   */
  run(state: AdState, head: AdHead | undefined, moveHead: (head: AdHead | undefined) => void): Promise<void>;
}

export interface SnapshotOptions {
  /**
   * Below this many bytes of changes no snapshot is written, whatever the size of the last one. Default 256
   * KiB.
   */
  readonly snapshotChangesBytesMin?: number;
  /** Characters of rows in one chunk of a snapshot; the default is in snapshot-codec.ts. */
  readonly snapshotChunkCharactersMax?: number;
  /** From so many bytes of live ads on, chunks are written as blobs, if there is a store for them. Default: never. */
  readonly snapshotBlobsFromBytes?: number | undefined;
}

/** Beside blobs, changes of so many bytes make a new snapshot due: readers get them from the state store. */
const changesBytesMaxBesideBlobs = 8 * 1024 * 1024;

export function createSnapshotUpkeep(
  deps: Pick<Ports, 'state' | 'blobs' | 'clock' | 'telemetry'>,
  options: SnapshotOptions = {},
): SnapshotUpkeep {
  const { snapshotChangesBytesMin = changesBytesMinDefault, snapshotChunkCharactersMax } = options;
  const { snapshotBlobsFromBytes = Infinity } = options;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  return {
    run: async (state, head, moveHead) => {
      if (head === undefined || deps.clock.monotonicMs() < pausedUntilMs) return;
      const blobs = head.liveBytes >= snapshotBlobsFromBytes ? deps.blobs : undefined;
      const changesMax = blobs === undefined ? Infinity : changesBytesMaxBesideBlobs;
      const isDue = ({ changesBytes, snapshotBytes }: ProjectionHead): boolean =>
        changesBytes >
        Math.max(snapshotChangesBytesMin, Math.min(snapshotBytes * changesPerSnapshot, changesMax));
      let current = head;
      try {
        for (const { id } of projectionsOf(head).filter(isDue)) {
          moveHead(undefined);
          const chunks = { projection: id, charactersMax: snapshotChunkCharactersMax, blobs };
          const moved = await writeSnapshot(deps, state, current, chunks);
          moveHead(moved);
          if (moved === undefined) {
            pausedUntilMs = deps.clock.monotonicMs() + pauseAfterFailureMs;
            return;
          }
          current = moved;
          await removeOldSnapshots(deps, id);
        }
      } catch (error) {
        if (!isPortError(error)) throw error;
        pausedUntilMs = deps.clock.monotonicMs() + pauseAfterFailureMs;
        deps.telemetry.warn('snapshot not kept', { reason: error.message, version: head.version });
      }
    },
  };
}

/** The newest, and one as a fallback. */
const snapshotsKept = 2;

/** A reader that found a snapshot before it was superseded has this long to load it: longer than the sweep runs. */
const supersededLifeMs = 10 * 60_000;

/** One run removes at most this many; the run after the next snapshot continues. */
const removedPerRunMax = 4;
const manifestsReadMax = 100;
const chunksPerDeleteMax = 25;

/**
 * Removes snapshots that no reader needs: superseded ones, and unfinished ones that can never finish because
 * the head has moved past their version. It may stop at any point and be repeated. Rejects with a
 * StateStoreError.
 */
async function removeOldSnapshots(
  deps: Pick<Ports, 'state' | 'blobs' | 'clock'>,
  projection: ProjectionId,
): Promise<void> {
  const { items } = await deps.state.query({
    table: 'ads',
    pk: manifestsPartition(projection),
    limit: manifestsReadMax,
  });
  for (const item of removable(items, deps.clock.nowMs()).slice(0, removedPerRunMax)) {
    await remove(deps, item, projection);
  }
}

/** `items`: by version, oldest first. */
function removable(items: readonly StoredItem[], nowMs: number): readonly StoredItem[] {
  const complete = items.filter(({ attributes }) => attributes.state === 'complete');
  const newest = complete.at(-1);
  const old = (item: StoredItem | undefined): boolean => {
    const createdAt = item?.attributes.created_at;
    return typeof createdAt === 'bigint' && Number(createdAt) + supersededLifeMs <= nowMs;
  };
  return items.filter((item) => {
    if (newest === undefined || item.sk >= newest.sk) return false;
    if (item.attributes.state === 'removing') return true;
    if (item.attributes.state !== 'complete') return old(item);
    // The snapshot that made it one too many superseded it.
    return old(complete[complete.indexOf(item) + snapshotsKept]);
  });
}

/**
 * Deletes the manifest last, so that a crash leaves no chunk without a manifest. No reader uses a `removing`
 * one.
 */
async function remove(
  { state, blobs }: Pick<Ports, 'state' | 'blobs'>,
  { sk, attributes }: StoredItem,
  projection: ProjectionId,
): Promise<void> {
  const key = manifestKey(Number(sk), projection);
  const inBlobs = attributes.place === 'blobs';
  // It stays until somebody can remove its blobs.
  if (inBlobs && blobs === undefined) return;
  const claimed = await state.write({
    type: 'update',
    key,
    set: { state: 'removing' },
    condition: { op: 'item-present' },
  });
  if (claimed.status !== 'written') return;
  const hashes = chunksOf(attributes);
  if (inBlobs) for (const hash of hashes) await blobs?.remove(chunkBlob(hash, projection));
  else await removeChunks(state, hashes, projection);
  await state.write({ type: 'delete', key });
}

async function removeChunks(
  state: Ports['state'],
  hashes: readonly string[],
  projection: ProjectionId,
): Promise<void> {
  for (let start = 0; start < hashes.length; start += chunksPerDeleteMax) {
    const results = await state.writeEach(
      hashes
        .slice(start, start + chunksPerDeleteMax)
        .map((hash) => ({ type: 'delete', key: chunkKey(hash, projection) })),
    );
    const failure = results.find(isStateStoreError);
    if (failure !== undefined) throw failure;
  }
}

/** The hashes of the chunks that a manifest names, finished or not. */
export function chunksOf(attributes: StoredItem['attributes']): readonly string[] {
  if (typeof attributes.manifest === 'string') return manifestFromJson(attributes.manifest)?.chunks ?? [];
  const chunks = typeof attributes.chunks === 'string' ? parseJson(attributes.chunks) : undefined;
  return Array.isArray(chunks) ? chunks.filter((hash) => typeof hash === 'string') : [];
}
