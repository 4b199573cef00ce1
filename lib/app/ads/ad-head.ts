import { assert } from '../../core/assert.ts';
import { formatToken, type ConsistencyToken } from '../../core/consistency-token.ts';
import { isMarkAttribute, markAttribute, parseMarkValue, type ShardRef } from '../../core/log-position.ts';
import { fromMark, toMark } from '../../core/sequence-number.ts';
import type { AttributeValue, Attributes } from '../../ports/state-store.ts';

/** The head item (state-keys.ts), decoded. Before the first event there is no item, and all numbers are 0. */
export interface AdHead {
  /** Whether the item exists. */
  readonly exists: boolean;
  readonly version: number;
  readonly snapshotVersion: number;
  readonly liveAds: number;
  readonly liveBytes: number;
  readonly changesBytes: number;
  readonly snapshotBytes: number;
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
  return {
    exists: item !== undefined,
    version: toNumber(item?.version),
    snapshotVersion: toNumber(item?.snapshot_version),
    liveAds: toNumber(item?.live_ads),
    liveBytes: toNumber(item?.live_bytes),
    changesBytes: toNumber(item?.changes_bytes),
    snapshotBytes: toNumber(item?.snapshot_bytes),
    marks,
    lastMark: typeof item?.last_mark === 'string' ? item.last_mark : undefined,
  };
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
