import { assert } from '../../core/assert.ts';
import type { Removals } from '../../core/ads/removals.ts';
import { formatToken, type ConsistencyToken } from '../../core/consistency-token.ts';
import { isMarkAttribute, markAttribute, parseMarkValue, type ShardRef } from '../../core/log-position.ts';
import { fromMark, toMark } from '../../core/sequence-number.ts';
import type { AttributeValue, Attributes, Condition } from '../../ports/state-store.ts';
import { ofProjection, type ProjectionId } from '../state-keys.ts';
import type { AdForm } from './ad-items.ts';

/** What the head says of one projection that every commit writes. */
export interface ProjectionHead {
  readonly id: ProjectionId;
  /** Of its items of ads. */
  readonly form: AdForm;
  readonly snapshotVersion: number;
  readonly snapshotBytes: number;
  /** Bytes of the changes since the snapshot. */
  readonly changesBytes: number;
}

/** The head item (state-keys.ts), decoded. Before the first event there is no item, and all numbers are 0. */
export interface AdHead {
  /** Whether the item exists. */
  readonly exists: boolean;
  readonly version: number;
  readonly liveAds: number;
  readonly liveBytes: number;
  /** undefined: a release that did not count them has moved the head; a rebuild counts them. */
  readonly removals: Removals | undefined;
  /** Moves when a projection comes, goes or changes places with the other. */
  readonly layout: number;
  /** The one that readers use. */
  readonly active: ProjectionHead;
  /** The one that is kept beside it. */
  readonly second: ProjectionHead | undefined;
  /** When readers were last switched, by the clock of the operator's machine; 0: never. */
  readonly switchedAtMs: number;
  /** Mark attribute -> mark value, for ad-events. */
  readonly marks: Readonly<Record<string, string>>;
  /** The attribute of the mark moved last; undefined before the first event. */
  readonly lastMark: string | undefined;
}

export function parseHead(item: Attributes | undefined): AdHead {
  const marks: Record<string, string> = {};
  for (const [name, value] of Object.entries(item ?? {})) {
    if (isMarkAttribute(name) && typeof value === 'string') marks[name] = value;
  }
  const second = toId(item?.second);
  return {
    exists: item !== undefined,
    version: toNumber(item?.version),
    liveAds: toNumber(item?.live_ads),
    liveBytes: toNumber(item?.live_bytes),
    removals: parseRemovals(item),
    layout: toNumber(item?.layout),
    active: parseProjection(item, toId(item?.projection) ?? 1),
    second: second === undefined ? undefined : parseProjection(item, second),
    switchedAtMs: toNumber(item?.switched_at),
    marks,
    lastMark: typeof item?.last_mark === 'string' ? item.last_mark : undefined,
  };
}

/** They are of the version `counted`; a release that does not know them leaves that behind. */
function parseRemovals(item: Attributes | undefined): Removals | undefined {
  if (toNumber(item?.counted) !== toNumber(item?.version)) return undefined;
  return { deleted: toNumber(item?.deleted), expired: toNumber(item?.expired) };
}

/** The attributes of the head of this version that hold them. */
export function removalAttributes(
  { deleted, expired }: Removals,
  version: number,
): Readonly<Record<string, bigint>> {
  return { deleted: BigInt(deleted), expired: BigInt(expired), counted: BigInt(version) };
}

/** Hold while the removals are those of this head: a rebuild counts them without a new version. */
export function removalsAsRead({ version, removals }: AdHead): readonly Condition[] {
  if (version === 0) return [];
  if (removals !== undefined)
    return Object.entries(removalAttributes(removals, version)).map(([attribute, value]) => {
      return { op: '=', attribute, value };
    });
  const attribute = 'counted';
  return [
    {
      op: 'any',
      of: [
        { op: 'absent', attribute },
        { op: '<', attribute, value: BigInt(version) },
      ],
    },
  ];
}

function parseProjection(item: Attributes | undefined, id: ProjectionId): ProjectionHead {
  const read = (name: string): number => toNumber(item?.[ofProjection(id, name)]);
  return {
    id,
    form: toForm(read('form')),
    snapshotVersion: read('snapshot_version'),
    snapshotBytes: read('snapshot_bytes'),
    changesBytes: read('changes_bytes'),
  };
}

function toId(value: AttributeValue | undefined): ProjectionId | undefined {
  if (value === undefined) return undefined;
  assert(value === 1n || value === 2n, 'a projection that this release does not know');
  return value === 1n ? 1 : 2;
}

/** Absent is 1. A form of a later release must not be written by the rules of this one. */
function toForm(value: number): AdForm {
  assert(
    value <= 2,
    `form ${value} of the ads is newer than this release writes (2): deploy a later release`,
  );
  return value === 2 ? 2 : 1;
}

/** The projections that every commit writes, the active one first. */
export function projectionsOf({
  active,
  second,
}: Pick<AdHead, 'active' | 'second'>): readonly ProjectionHead[] {
  return second === undefined ? [active] : [active, second];
}

/** The attributes of the head that hold what it says of a projection. */
export function projectionAttributes({
  id,
  ...facts
}: Omit<ProjectionHead, 'form'>): Readonly<Record<string, bigint>> {
  return {
    [ofProjection(id, 'snapshot_version')]: BigInt(facts.snapshotVersion),
    [ofProjection(id, 'snapshot_bytes')]: BigInt(facts.snapshotBytes),
    [ofProjection(id, 'changes_bytes')]: BigInt(facts.changesBytes),
  };
}

/** Holds for the projections as this head has them. */
export function sameLayout({ layout }: Pick<AdHead, 'layout'>): Condition {
  return layout === 0
    ? { op: 'absent', attribute: 'layout' }
    : { op: '=', attribute: 'layout', value: BigInt(layout) };
}

/** Holds while a projection's snapshot is the one of this head. */
export function snapshotAsRead({ id, snapshotVersion }: ProjectionHead): Condition {
  const attribute = ofProjection(id, 'snapshot_version');
  return { op: '=', attribute, value: BigInt(snapshotVersion) };
}

/** The encoded number up to which the shard is settled; undefined: no record of it is. */
export function settledMark(head: AdHead, shard: ShardRef): string | undefined {
  const value = head.marks[markAttribute(shard)];
  return value === undefined ? undefined : parseMarkValue(value).mark;
}

/**
 * Whether the head includes the write that the token names. A mark that has been idle for twice the retention
 * is dropped (ad-commit.ts), so a token of that age without a mark is met. Counter tokens are always met
 * here.
 */
export function isTokenMet(
  head: AdHead,
  token: ConsistencyToken,
  nowMs: number,
  retentionMs: number,
): boolean {
  if (token.type !== 'ads') return true;
  const settled = settledMark(head, token.position);
  if (settled === undefined) return nowMs - token.issuedAtMs > 2 * retentionMs;
  return settled >= toMark(token.position.sequenceNumber);
}

/** The position in a reader's token before the first write: every head meets it. */
const firstPosition = { epoch: '0', shardId: 'none', sequenceNumber: '0' };

/**
 * The token of this head: this head and every later one meet it. Every reader of the head returns the same
 * token.
 */
export function tokenOfHead(head: AdHead, stage: string): string {
  const value = head.lastMark === undefined ? undefined : head.marks[head.lastMark];
  if (head.lastMark === undefined || value === undefined) {
    return formatToken({ type: 'ads', stage, position: firstPosition, issuedAtMs: 0 });
  }
  const [, epoch, shardId] = head.lastMark.split('|');
  assert(epoch !== undefined && shardId !== undefined, `not a mark attribute: ${head.lastMark}`);
  const { mark, movedAtMs } = parseMarkValue(value);
  const position = { epoch, shardId, sequenceNumber: fromMark(mark) };
  return formatToken({ type: 'ads', stage, position, issuedAtMs: movedAtMs });
}

function toNumber(value: AttributeValue | undefined): number {
  return typeof value === 'bigint' ? Number(value) : 0;
}
