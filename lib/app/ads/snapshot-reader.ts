import {
  createSnapshotDecoder,
  type SnapshotRows,
  type SnapshotTools,
} from '../../core/ads/snapshot/snapshot-codec.ts';
import { manifestFromJson, type SnapshotManifest } from '../../core/ads/snapshot/snapshot-manifest.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { changeSortKey, chunkKey, manifestsPartition, type ProjectionId } from '../state-keys.ts';
import type { ProjectionHead } from './ad-head.ts';
import { snapshotTools } from './snapshot-tools.ts';

export interface LoadedSnapshot<Rows> {
  readonly version: number;
  readonly rows: Rows;
}

/** The newest may be corrupt, and the one before it too. After that the change log is the better source. */
const snapshotsTriedMax = 3;

/**
 * The most manifests that are read: the kept ones, superseded ones not removed yet, and unfinished ones in
 * between.
 */
const manifestsReadMax = 32;

/** 14 MB a read; DynamoDB answers with at most 16 MB. */
const chunksPerReadMax = 40;

/**
 * Loads the newest intact snapshot of a projection at or below `snapshotVersion`, or resolves to undefined. It
 * calls `createRows` for each one that it tries. Rejects with a StateStoreError.
 */
export async function loadSnapshot<Rows extends SnapshotRows>(
  deps: Pick<Ports, 'state' | 'telemetry'>,
  { id, snapshotVersion }: Pick<ProjectionHead, 'id' | 'snapshotVersion'>,
  createRows: () => Rows,
  tools: SnapshotTools = snapshotTools,
): Promise<LoadedSnapshot<Rows> | undefined> {
  const { items } = await deps.state.query({
    table: 'ads',
    pk: manifestsPartition(id),
    through: changeSortKey(snapshotVersion),
    limit: manifestsReadMax,
    order: 'descending',
  });
  const complete = items.filter(({ attributes }) => attributes.state === 'complete');
  for (const { sk, attributes } of complete.slice(0, snapshotsTriedMax)) {
    const manifest =
      typeof attributes.manifest === 'string' ? manifestFromJson(attributes.manifest) : undefined;
    const loaded =
      manifest !== undefined && changeSortKey(manifest.version) === sk
        ? await loadChunks(deps, id, manifest, { rows: createRows(), tools })
        : 'the manifest cannot be read';
    if (typeof loaded !== 'string') return loaded;
    deps.telemetry.count(metrics.snapshotCorrupt);
    deps.telemetry.error('snapshot corrupt', { version: Number(sk), reason: loaded });
  }
  return undefined;
}

/** The snapshot, or why it is unusable. */
async function loadChunks<Rows extends SnapshotRows>(
  { state }: Pick<Ports, 'state'>,
  projection: ProjectionId,
  manifest: SnapshotManifest,
  { rows, tools }: { readonly rows: Rows; readonly tools: SnapshotTools },
): Promise<LoadedSnapshot<Rows> | string> {
  const decoder = createSnapshotDecoder(manifest, tools, rows);
  for (let start = 0; start < manifest.chunks.length; start += chunksPerReadMax) {
    const keys = manifest.chunks
      .slice(start, start + chunksPerReadMax)
      .map((hash) => chunkKey(hash, projection));
    for (const item of await state.getMany(keys)) {
      decoder.add(item?.bytes instanceof Uint8Array ? item.bytes : undefined);
    }
  }
  const decoded = decoder.finish();
  return decoded.status === 'ok' ? { version: manifest.version, rows } : decoded.reason;
}
