import { assert } from '../../core/assert.ts';
import type { Attributes, Condition } from '../../ports/state-store.ts';
import { parseHead, type AdHead, type ProjectionHead } from '../ads/ad-head.ts';
import { adForms, type AdForm } from '../ads/ad-items.ts';
import type { Ports } from '../ports.ts';
import { headKey, projectionKey, type ProjectionId } from '../state-keys.ts';

export type ProjectionPorts = Pick<Ports, 'state' | 'blobs' | 'clock' | 'ids' | 'telemetry'>;

/** A projection that operators are building or dropping, or have built (state-keys.ts). */
export interface ProjectionRecord {
  readonly id: ProjectionId;
  /** `kept`: every commit writes it too. */
  readonly state: 'building' | 'kept' | 'dropping';
  readonly form: AdForm;
  /** Its items are of ads that were live at this version or later. */
  readonly fromVersion: number;
  /** Building: it holds all changes up to here. Dropping: nothing was written to it after this version. */
  readonly throughVersion: number;
  /** Names the run of a command that may write to it: a run that another has taken over from stops. */
  readonly owner: string;
}

/** The head first: a record that is read after it is at least as new. Rejects with a StateStoreError. */
export async function readLayout({
  state,
}: Pick<Ports, 'state'>): Promise<{ readonly head: AdHead; readonly record: ProjectionRecord | undefined }> {
  const head = parseHead(await state.get(headKey));
  return { head, record: parseRecord(await state.get(projectionKey)) };
}

function parseRecord(item: Attributes | undefined): ProjectionRecord | undefined {
  if (item === undefined) return undefined;
  const { id, state, form, from, through, owner } = item;
  assert(id === 1n || id === 2n, 'a projection that this release does not know');
  assert(state === 'building' || state === 'kept' || state === 'dropping', 'a projection without a state');
  const known = adForms.find((each) => BigInt(each) === form);
  assert(known !== undefined, 'a projection in a form that this release does not know');
  return {
    id: id === 1n ? 1 : 2,
    state,
    form: known,
    fromVersion: Number(from),
    throughVersion: Number(through),
    owner: String(owner),
  };
}

export function recordAttributes(record: ProjectionRecord, nowMs: number): Attributes {
  return {
    id: BigInt(record.id),
    state: record.state,
    form: BigInt(record.form),
    from: BigInt(record.fromVersion),
    through: BigInt(record.throughVersion),
    owner: record.owner,
    at: BigInt(nowMs),
  };
}

/** Holds while this run of a command owns the projection and nobody has moved it to another state. */
export function isOwned({ state, owner }: Pick<ProjectionRecord, 'state' | 'owner'>): Condition {
  return {
    op: 'all',
    of: [
      { op: '=', attribute: 'owner', value: owner },
      { op: '=', attribute: 'state', value: state },
    ],
  };
}

/**
 * `changesBytes` of a projection that has just been built and has no snapshot: more than any stage has, so the
 * projector takes one for due. A projection of few changes needs none.
 */
export const changesOfAll = 2 ** 40;

/** A cold reader would have to replay every change. */
export function lacksSnapshot({
  snapshotVersion,
  changesBytes,
}: Pick<ProjectionHead, 'snapshotVersion' | 'changesBytes'>): boolean {
  return snapshotVersion === 0 && changesBytes >= changesOfAll;
}

export function otherProjection(id: ProjectionId): ProjectionId {
  return id === 1 ? 2 : 1;
}
