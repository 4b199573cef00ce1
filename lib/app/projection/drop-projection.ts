import { assert } from '../../core/assert.ts';
import { queryItemsMax, type ItemKey, type WriteAction } from '../../ports/state-store.ts';
import { sameLayout, type AdHead } from '../ads/ad-head.ts';
import { chunksOf } from '../ads/snapshot-upkeep.ts';
import { Replay } from '../rebuild/replay.ts';
import {
  adKey,
  chunkBlob,
  chunkKey,
  headKey,
  manifestKey,
  manifestsPartition,
  ofProjection,
  projectionKey,
  type ProjectionId,
} from '../state-keys.ts';
import {
  isOwned,
  readLayout,
  recordAttributes,
  type ProjectionPorts,
  type ProjectionRecord,
} from './projection-record.ts';

/**
 * A projection that readers have left is kept so long: longer than a pointer is believed
 * (projection-pointer.ts) and a request runs, and than clocks of operators' machines may differ.
 */
export const droppedAfterMs = 15 * 60_000;

export type DropResult =
  | { readonly status: 'dropped' }
  /** Readers use it. */
  | { readonly status: 'active' }
  | { readonly status: 'too-soon'; readonly untilMs: number }
  | { readonly status: 'absent' }
  /** Another operator changed the projections meanwhile. */
  | { readonly status: 'conflict' };

/** Actions beside the check of the record. */
const deletesPerWriteMax = 90;

/**
 * Removes a projection that readers do not use, built or half built: first from the head, so that no commit
 * writes it any more, then its items. It may stop at any point and be run again. Rejects with a StateStoreError
 * or a ChangeLogGapError.
 */
export async function dropProjection(deps: ProjectionPorts, id: ProjectionId): Promise<DropResult> {
  const { head, record: found } = await readLayout(deps);
  if (head.active.id === id) return { status: 'active' };
  const nowMs = deps.clock.nowMs();
  if (head.second?.id === id && head.switchedAtMs > 0) {
    const untilMs = head.switchedAtMs + droppedAfterMs;
    if (nowMs < untilMs) return { status: 'too-soon', untilMs };
  }
  if (head.second?.id !== id && found?.id !== id) return { status: 'absent' };
  const record: ProjectionRecord = {
    ...{ id, state: 'dropping', owner: deps.ids.nonce(), form: head.second?.form ?? found?.form ?? 1 },
    fromVersion: head.second?.id === id ? head.version : (found?.fromVersion ?? 0),
    throughVersion: head.version,
  };
  if (!(await claim(deps, head, found, record))) return { status: 'conflict' };
  if (!(await removeAds(deps, record)) || !(await removeSnapshots(deps, record)))
    return { status: 'conflict' };
  const ended = await deps.state.write({
    type: 'delete',
    key: projectionKey,
    condition: isOwned(record),
  });
  if (ended.status === 'written' || ended.item === undefined) return { status: 'dropped' };
  return { status: 'conflict' };
}

/** From here on nothing but this run writes to the projection. */
async function claim(
  { state, clock }: ProjectionPorts,
  head: AdHead,
  found: ProjectionRecord | undefined,
  record: ProjectionRecord,
): Promise<boolean> {
  const actions: WriteAction[] = [
    {
      type: 'put',
      key: projectionKey,
      attributes: recordAttributes(record, clock.nowMs()),
      condition: found === undefined ? { op: 'item-absent' } : isOwned(found),
    },
  ];
  if (head.second?.id !== record.id) {
    // The record was read after the head: meanwhile the projection may have joined it.
    actions.push({ type: 'check', key: headKey, condition: sameLayout(head) });
  } else {
    const names = ['form', 'snapshot_version', 'snapshot_bytes', 'changes_bytes'];
    actions.push({
      type: 'update',
      key: headKey,
      set: { layout: BigInt(head.layout + 1) },
      remove: ['second', ...names.map((name) => ofProjection(record.id, name))],
      condition: sameLayout(head),
    });
  }
  return (await state.transact(actions)).status === 'written';
}

async function removeAds(deps: ProjectionPorts, record: ProjectionRecord): Promise<boolean> {
  const replay = new Replay(deps);
  await replay.follow(record.fromVersion);
  const adIds = new Set(replay.state.ads.keys());
  const { head } = await readLayout(deps);
  for (const adId of await replay.follow(head.version)) adIds.add(adId);
  return removeItems(
    deps,
    record,
    Array.from(adIds, (adId) => adKey(adId, record.id)),
  );
}

/** The manifest of each last, so that a run that ends in between leaves no chunk without one. */
async function removeSnapshots(deps: ProjectionPorts, record: ProjectionRecord): Promise<boolean> {
  const pk = manifestsPartition(record.id);
  for (;;) {
    const { items } = await deps.state.query({ table: 'ads', pk, limit: queryItemsMax });
    // Each round removes what it has read; the number of snapshots bounds the rounds.
    if (items.length === 0) return true;
    for (const { sk, attributes } of items) {
      const hashes = chunksOf(attributes);
      const inBlobs = attributes.place === 'blobs';
      if (inBlobs) {
        assert(deps.blobs !== undefined, 'a snapshot in blobs, and no store of them was given');
        for (const hash of hashes) await deps.blobs.remove(chunkBlob(hash, record.id));
      }
      const chunks = inBlobs ? [] : hashes.map((hash) => chunkKey(hash, record.id));
      const keys = [...chunks, manifestKey(Number(sk), record.id)];
      if (!(await removeItems(deps, record, keys))) return false;
    }
  }
}

async function removeItems(
  { state }: ProjectionPorts,
  record: ProjectionRecord,
  keys: readonly ItemKey[],
): Promise<boolean> {
  for (let start = 0; start < keys.length; start += deletesPerWriteMax) {
    const deletes = keys
      .slice(start, start + deletesPerWriteMax)
      .map((key): WriteAction => ({ type: 'delete', key }));
    const owned: WriteAction = { type: 'check', key: projectionKey, condition: isOwned(record) };
    const result = await state.transact([owned, ...deletes]);
    if (result.status !== 'written') return false;
  }
  return true;
}
