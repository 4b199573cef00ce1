import { backoffMs, type Backoff } from '../../core/backoff.ts';
import type { WriteAction } from '../../ports/state-store.ts';
import { projectionAttributes, sameLayout, type AdHead } from '../ads/ad-head.ts';
import { newestAdForm, type AdForm } from '../ads/ad-items.ts';
import { writeSnapshot } from '../ads/snapshot-writer.ts';
import { adWrites } from '../rebuild/ad-writes.ts';
import { Replay } from '../rebuild/replay.ts';
import { headKey, ofProjection, projectionKey, type ProjectionId } from '../state-keys.ts';
import {
  changesOfAll,
  isOwned,
  lacksSnapshot,
  otherProjection,
  readLayout,
  recordAttributes,
  type ProjectionPorts,
  type ProjectionRecord,
} from './projection-record.ts';

export type BuildResult =
  /** Every commit writes it from now on. `hasSnapshot`: if not, the projector writes one with the next changes. */
  | { readonly status: 'built'; readonly record: ProjectionRecord; readonly hasSnapshot: boolean }
  /** It was built before. */
  | { readonly status: 'kept'; readonly record: ProjectionRecord }
  /** There are no ads yet. */
  | { readonly status: 'no-ads' }
  | { readonly status: 'dropping'; readonly record: ProjectionRecord }
  /** Another run of the command has taken over, or has dropped it. */
  | { readonly status: 'taken-over' }
  /** The projector was always faster; what is built stays, and a new run goes on. */
  | { readonly status: 'busy'; readonly record: ProjectionRecord };

/** The most tries to meet the projector between two commits. */
const joinTriesMax = 30;
const snapshotTriesMax = 5;
const backoff: Backoff = { firstMs: 20, longestMs: 500 };

/**
 * Builds the other projection of the ads from the first change on, beside the projector, and joins it to the
 * head when it holds every change. From then on each commit writes both. It may stop at any point and be run
 * again: the new run takes over. Sets no schedules. Rejects with a StateStoreError or a ChangeLogGapError.
 */
export async function buildProjection(
  deps: ProjectionPorts,
  form: AdForm = newestAdForm,
): Promise<BuildResult> {
  const begun = await begin(deps, form);
  if (begun.status !== 'begun') return begun;
  const { record } = begun;
  const replay = new Replay(deps);
  if (!(await writeAll(deps, replay, record))) return { status: 'taken-over' };
  for (let tries = 0; tries < joinTriesMax; tries += 1) {
    if (tries > 0) await deps.clock.sleep(backoffMs(tries, backoff, deps.ids.random()));
    const joined = await catchUpAndJoin(deps, replay, record);
    if (joined === 'taken-over') return { status: 'taken-over' };
    if (joined === undefined) continue;
    const kept: ProjectionRecord = { ...record, state: 'kept', throughVersion: joined.version };
    return { status: 'built', record: kept, hasSnapshot: await writeFirstSnapshot(deps, replay, record.id) };
  }
  return { status: 'busy', record: { ...record, throughVersion: replay.state.version } };
}

async function begin(
  deps: ProjectionPorts,
  form: AdForm,
): Promise<
  { status: 'begun'; record: ProjectionRecord } | Exclude<BuildResult, { status: 'built' | 'busy' }>
> {
  const { head, record: found } = await readLayout(deps);
  if (!head.exists) return { status: 'no-ads' };
  if (found?.state === 'kept') {
    if (head.second !== undefined && lacksSnapshot(head.second)) {
      await writeFirstSnapshot(deps, new Replay(deps), head.second.id);
    }
    return { status: 'kept', record: found };
  }
  if (found?.state === 'dropping') return { status: 'dropping', record: found };
  const owner = deps.ids.nonce();
  const record: ProjectionRecord =
    found === undefined
      ? {
          ...{ id: otherProjection(head.active.id), state: 'building', form, owner },
          ...{ fromVersion: head.version, throughVersion: 0 },
        }
      : { ...found, owner };
  const written = await deps.state.write({
    type: 'put',
    key: projectionKey,
    attributes: recordAttributes(record, deps.clock.nowMs()),
    condition: found === undefined ? { op: 'item-absent' } : isOwned(found),
  });
  return written.status === 'written' ? { status: 'begun', record } : { status: 'taken-over' };
}

/** Brings the projection to a version of the head. false: taken over. */
async function writeAll(deps: ProjectionPorts, replay: Replay, record: ProjectionRecord): Promise<boolean> {
  const { throughVersion } = record;
  // What an earlier run wrote is of ads that were live at `fromVersion` or later; it ended whole only if it
  // moved `throughVersion`.
  await replay.follow(throughVersion > 0 ? throughVersion : record.fromVersion);
  const adIds = new Set(throughVersion > 0 ? [] : replay.state.ads.keys());
  const { head } = await readLayout(deps);
  for (const adId of await replay.follow(head.version)) adIds.add(adId);
  for (const actions of adWrites(adIds, replay.state, record, deps.clock.nowMs())) {
    if (!(await writeOwned(deps, record, throughVersion, actions))) return false;
  }
  return writeOwned(deps, record, head.version, []);
}

/** Writes if this run still owns the projection. */
async function writeOwned(
  { state }: Pick<ProjectionPorts, 'state'>,
  record: ProjectionRecord,
  throughVersion: number,
  actions: readonly WriteAction[],
): Promise<boolean> {
  const progress: WriteAction = {
    type: 'update',
    key: projectionKey,
    set: { through: BigInt(throughVersion) },
    condition: isOwned(record),
  };
  const result = await state.transact([progress, ...actions]);
  return result.status === 'written';
}

/**
 * Brings the projection to the head and joins it in one transaction with the last of the changes. Resolves to
 * the head it joined, or to undefined if the projector was faster.
 */
async function catchUpAndJoin(
  deps: ProjectionPorts,
  replay: Replay,
  record: ProjectionRecord,
): Promise<AdHead | 'taken-over' | undefined> {
  const { head, record: found } = await readLayout(deps);
  // A join whose answer was lost.
  if (found?.owner === record.owner && found.state === 'kept') return head;
  const before = replay.state.version;
  const touched = await replay.follow(head.version);
  const groups = [...adWrites(touched, replay.state, record, deps.clock.nowMs())];
  const last = groups.pop() ?? [];
  for (const actions of groups) {
    if (!(await writeOwned(deps, record, before, actions))) return 'taken-over';
  }
  const nothingYet = { id: record.id, snapshotVersion: 0, snapshotBytes: 0 };
  const join: WriteAction = {
    type: 'update',
    key: headKey,
    set: {
      layout: BigInt(head.layout + 1),
      second: BigInt(record.id),
      [ofProjection(record.id, 'form')]: BigInt(record.form),
      ...projectionAttributes({ ...nothingYet, changesBytes: head.version > 0 ? changesOfAll : 0 }),
    },
    condition: {
      op: 'all',
      of: [{ op: '=', attribute: 'version', value: BigInt(head.version) }, sameLayout(head)],
    },
  };
  const kept: WriteAction = {
    type: 'update',
    key: projectionKey,
    set: { state: 'kept', through: BigInt(head.version) },
    condition: isOwned(record),
  };
  const result = await deps.state.transact([join, kept, ...last]);
  if (result.status === 'written') return head;
  // The projector was faster, or the answer of the join was lost.
  if (await writeOwned(deps, record, head.version, last)) return undefined;
  return (await readLayout(deps)).record?.owner === record.owner ? undefined : 'taken-over';
}

/** So that readers can be switched at once. The projector does it otherwise, with the next changes. */
async function writeFirstSnapshot(deps: ProjectionPorts, replay: Replay, id: ProjectionId): Promise<boolean> {
  for (let tries = 0; tries < snapshotTriesMax; tries += 1) {
    const { head } = await readLayout(deps);
    if (head.second?.id !== id) return false;
    if (!lacksSnapshot(head.second)) return true;
    await replay.follow(head.version);
    if ((await writeSnapshot(deps, replay.state, head, { projection: id })) !== undefined) return true;
    await deps.clock.sleep(backoffMs(tries + 1, backoff, deps.ids.random()));
  }
  return false;
}
