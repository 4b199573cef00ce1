import {
  createSnapshotDecoder,
  type SnapshotRows,
  type SnapshotTools,
} from '../../core/ads/snapshot/snapshot-codec.ts';
import { manifestFromJson, type SnapshotManifest } from '../../core/ads/snapshot/snapshot-manifest.ts';
import { forEachConcurrently } from '../../core/concurrently.ts';
import type { Attributes, ItemKey, StateReads } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import {
  changeSortKey,
  chunkBlob,
  chunkKey,
  manifestKey,
  manifestsPartition,
  type ProjectionId,
} from '../state-keys.ts';
import type { ProjectionHead } from './ad-head.ts';
import { snapshotTools } from './snapshot-tools.ts';

export interface LoadedSnapshot<Rows> {
  readonly version: number;
  readonly rows: Rows;
}

export interface LoadOptions {
  readonly tools?: SnapshotTools;
  /**
   * 0..1: where in a snapshot the reading begins, so that readers that load at once do not all ask for the same chunk.
   * Default 0.
   */
  readonly startAt?: number;
  /**
   * Chunks that a failed load has read, by hash: the next one goes on with them. Who holds what was loaded clears it.
   * Default: they are lost.
   */
  readonly kept?: Map<string, Uint8Array>;
}

type LoadDeps = Pick<Ports, 'telemetry' | 'blobs'> & { readonly state: StateReads };

/** The newest may be corrupt, and the one before it too. After that the change log is the better source. */
const snapshotsTriedMax = 3;

/**
 * The most manifests that are read: the kept ones, superseded ones not removed yet, and unfinished ones in
 * between.
 */
const manifestsReadMax = 32;

/**
 * Chunks that are read at a time, each by itself: of several in one read, those that a busy table gives are lost with
 * those that it refuses.
 */
const concurrentChunksMax = 4;

/**
 * Loads the newest intact snapshot of a projection at or below `snapshotVersion`, or resolves to undefined. It
 * calls `createRows` for each one that it tries. Complete manifests and chunks never change, so it reads them eventually,
 * and strongly what it misses. Rejects with a StateStoreError.
 */
export async function loadSnapshot<Rows extends SnapshotRows>(
  deps: LoadDeps,
  projection: Pick<ProjectionHead, 'id' | 'snapshotVersion'>,
  createRows: () => Rows,
  options: LoadOptions = {},
): Promise<LoadedSnapshot<Rows> | undefined> {
  let tried = 0;
  for await (const { version, attributes } of manifestsOf(deps.state, projection)) {
    if (attributes.state !== 'complete') continue;
    const manifest =
      typeof attributes.manifest === 'string' ? manifestFromJson(attributes.manifest) : undefined;
    const loaded =
      manifest?.version === version
        ? await loadChunks(deps, projection.id, manifest, { ...options, rows: createRows() })
        : 'the manifest cannot be read';
    if (typeof loaded !== 'string') return loaded;
    deps.telemetry.count(metrics.snapshotCorrupt);
    deps.telemetry.error('snapshot corrupt', { version, reason: loaded });
    tried += 1;
    if (tried >= snapshotsTriedMax) return undefined;
  }
  return undefined;
}

interface FoundManifest {
  readonly version: number;
  readonly attributes: Attributes;
}

/** The newest by its key, which is all that most loads need; then those before it. */
async function* manifestsOf(
  state: StateReads,
  { id, snapshotVersion }: Pick<ProjectionHead, 'id' | 'snapshotVersion'>,
): AsyncGenerator<FoundManifest, undefined> {
  if (snapshotVersion === 0) return undefined;
  const key = manifestKey(snapshotVersion, id);
  let newest = await state.get(key, { consistency: 'eventual' });
  if (newest?.state !== 'complete') newest = await state.get(key);
  if (newest !== undefined) yield { version: snapshotVersion, attributes: newest };
  const { items } = await state.query({
    table: 'ads',
    pk: manifestsPartition(id),
    through: changeSortKey(snapshotVersion - 1),
    limit: manifestsReadMax,
    order: 'descending',
  });
  for (const { sk, attributes } of items) yield { version: Number(sk), attributes };
  return undefined;
}

/** The snapshot, or why it is unusable. */
async function loadChunks<Rows extends SnapshotRows>(
  { state, blobs }: Pick<LoadDeps, 'state' | 'blobs'>,
  projection: ProjectionId,
  manifest: SnapshotManifest,
  { rows, tools = snapshotTools, startAt = 0, kept = new Map() }: LoadOptions & { readonly rows: Rows },
): Promise<LoadedSnapshot<Rows> | string> {
  if (manifest.blobs && blobs === undefined) return 'its chunks are blobs, and no store of them was given';
  const wanted = new Set(manifest.chunks);
  // Of another snapshot: its load will not go on.
  for (const hash of kept.keys()) if (!wanted.has(hash)) kept.delete(hash);
  const first = Math.floor(startAt * manifest.chunks.length);
  const missing = [...manifest.chunks.slice(first), ...manifest.chunks.slice(0, first)].filter(
    (hash) => !kept.has(hash),
  );
  await forEachConcurrently(missing, concurrentChunksMax, async (hash) => {
    const bytes = manifest.blobs
      ? await blobs?.get(chunkBlob(hash, projection))
      : await readChunk(state, chunkKey(hash, projection));
    if (bytes !== undefined) kept.set(hash, bytes);
  });
  const decoder = createSnapshotDecoder(manifest, tools, rows);
  for (const hash of manifest.chunks) {
    if (!decoder.add(kept.get(hash))) break;
  }
  const decoded = decoder.finish();
  // Of a good one they stay: the changes after it may be throttled, and it is needed again.
  if (decoded.status !== 'ok') kept.clear();
  return decoded.status === 'ok' ? { version: manifest.version, rows } : decoded.reason;
}

/** undefined: it is not in the store. */
async function readChunk(state: StateReads, key: ItemKey): Promise<Uint8Array | undefined> {
  const item = (await state.get(key, { consistency: 'eventual' })) ?? (await state.get(key));
  return item?.bytes instanceof Uint8Array ? item.bytes : undefined;
}
