import { encodeSnapshot, type SnapshotChunk } from '../../core/ads/snapshot/snapshot-codec.ts';
import { manifestToJson, type SnapshotManifest } from '../../core/ads/snapshot/snapshot-manifest.ts';
import type { AdState } from '../../core/ads/ad-state.ts';
import { assert } from '../../core/assert.ts';
import { blobBytesMax, type BlobStore } from '../../ports/blob-store.ts';
import { isStateStoreError, type Condition, type ItemKey } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { chunkBlob, chunkKey, headKey, manifestKey, type ProjectionId } from '../state-keys.ts';
import { projectionAttributes, projectionsOf, sameLayout, snapshotAsRead, type AdHead } from './ad-head.ts';
import { snapshotTools } from './snapshot-tools.ts';

/** Chunks that are made and written at a time: under 3 MB in memory, and the event loop runs in between. */
const chunksPerWriteMax = 8;

export interface SnapshotTarget {
  /** One that the head keeps; default: the active one. */
  readonly projection?: ProjectionId;
  /** As in encodeSnapshot. */
  readonly charactersMax?: number | undefined;
  /** Writes the chunks there, and larger ones; default: as items of the state store. */
  readonly blobs?: BlobStore | undefined;
}

/** Characters of rows in a blob: about 16 blobs for 1,000,000 ads, 1 to 6 MB each. */
const blobCharacters = 16_000_000;

/** Blobs that are made and written at a time. */
const blobsPerWriteMax = 1;

/**
 * Writes the state as a snapshot of one projection; `head` is the head of that state. It first writes the
 * manifest, as `writing` and with the chunks begun, so that the remains of a crash can be found and removed.
 * The transaction that moves `snapshot_version` makes it `complete`. Resolves to the new head, or to undefined
 * if another projector has moved the head or the state is too large. Rejects with a StateStoreError; read the
 * head again then.
 */
export async function writeSnapshot(
  deps: Pick<Ports, 'state' | 'clock' | 'telemetry'>,
  adState: AdState,
  head: AdHead,
  { projection = head.active.id, charactersMax, blobs }: SnapshotTarget = {},
): Promise<AdHead | undefined> {
  const hashes: string[] = [];
  const limits = blobs
    ? { charactersMax: charactersMax ?? blobCharacters, bytesMax: blobBytesMax }
    : { charactersMax };
  const chunks = encodeSnapshot(adState, head.marks, snapshotTools, limits);
  for (;;) {
    const { group, manifest, done } = takeGroup(chunks, blobs ? blobsPerWriteMax : chunksPerWriteMax);
    hashes.push(...group.map((chunk) => chunk.hash));
    if (!(await announce(deps, manifestKey(head.version, projection), { hashes, blobs }))) return undefined;
    if (blobs) for (const { hash, bytes } of group) await blobs.put(chunkBlob(hash, projection), bytes);
    else await writeChunks(deps, group, projection);
    if (!done) continue;
    if (manifest === undefined) {
      deps.telemetry.error('the ads are too large for a snapshot', { ads: adState.size });
      return undefined;
    }
    return finish(deps, { ...manifest, blobs: blobs !== undefined }, head, projection);
  }
}

interface ChunkGroup {
  readonly group: readonly SnapshotChunk[];
  readonly done: boolean;
  readonly manifest?: SnapshotManifest | undefined;
}

function takeGroup(
  chunks: Generator<SnapshotChunk, SnapshotManifest | undefined>,
  chunksMax: number,
): ChunkGroup {
  const group: SnapshotChunk[] = [];
  while (group.length < chunksMax) {
    const next = chunks.next();
    if (next.done === true) return { group, done: true, manifest: next.value };
    group.push(next.value);
  }
  return { group, done: false };
}

/** false: a concurrent run has completed the snapshot of this version, or it has been removed as too old. */
async function announce(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  key: ItemKey,
  { hashes, blobs }: { readonly hashes: readonly string[]; readonly blobs: BlobStore | undefined },
): Promise<boolean> {
  const unfinished: Condition = { op: 'any', of: [{ op: 'item-absent' }, isWriting] };
  const written = await state.write({
    type: 'put',
    key,
    attributes: {
      state: 'writing',
      chunks: JSON.stringify(hashes),
      ...(blobs && { place: 'blobs' }),
      created_at: BigInt(clock.nowMs()),
    },
    condition: unfinished,
  });
  return written.status === 'written';
}

const isWriting: Condition = { op: '=', attribute: 'state', value: 'writing' };

async function writeChunks(
  { state }: Pick<Ports, 'state'>,
  group: readonly SnapshotChunk[],
  projection: ProjectionId,
): Promise<void> {
  if (group.length === 0) return;
  const results = await state.writeEach(
    group.map(({ hash, bytes }) => ({ type: 'put', key: chunkKey(hash, projection), attributes: { bytes } })),
  );
  const failure = results.find(isStateStoreError);
  if (failure !== undefined) throw failure;
}

async function finish(
  { state, clock, telemetry }: Pick<Ports, 'state' | 'clock' | 'telemetry'>,
  manifest: SnapshotManifest,
  head: AdHead,
  projection: ProjectionId,
): Promise<AdHead | undefined> {
  const { version, bytes } = manifest;
  const before = projectionsOf(head).find(({ id }) => id === projection);
  assert(before !== undefined, 'a snapshot of a projection that the head keeps');
  const after = { ...before, snapshotVersion: version, snapshotBytes: bytes, changesBytes: 0 };
  const result = await state.transact([
    {
      type: 'put',
      key: manifestKey(version, projection),
      attributes: {
        state: 'complete',
        manifest: manifestToJson(manifest),
        ...(manifest.blobs && { place: 'blobs' }),
        created_at: BigInt(clock.nowMs()),
      },
      condition: isWriting,
    },
    {
      type: 'update',
      key: headKey,
      set: projectionAttributes(after),
      condition: {
        op: 'all',
        of: [
          { op: '=', attribute: 'version', value: BigInt(head.version) },
          sameLayout(head),
          snapshotAsRead(before),
        ],
      },
    },
  ]);
  if (result.status !== 'written') return undefined;
  telemetry.count(metrics.snapshotsWritten);
  telemetry.observe(metrics.snapshotBytes, bytes);
  return projection === head.active.id ? { ...head, active: after } : { ...head, second: after };
}
