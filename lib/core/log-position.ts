import { assert } from './assert.ts';
import { toMark } from './sequence-number.ts';

/** A shard of one incarnation of a stream. */
export interface ShardRef {
  readonly epoch: string;
  readonly shardId: string;
}

export interface LogPosition extends ShardRef {
  readonly sequenceNumber: string;
}

/** `<epoch>/<shardId>/<sequenceNumber>`, as in keys of items. */
export function positionText({ epoch, shardId, sequenceNumber }: LogPosition): string {
  return `${epoch}/${shardId}/${sequenceNumber}`;
}

const markPrefix = 'hw|';

/**
 * The attribute that holds the high-water mark of one (epoch, shard, lane) in a counter's item. The lane
 * distinguishes the partition keys that feed one item; a key that is not spread has the lane ''.
 */
export function markAttribute(shard: ShardRef, lane = ''): string {
  return `${markPrefix}${shard.epoch}|${shard.shardId}|${lane}`;
}

export function isMarkAttribute(name: string): boolean {
  return name.startsWith(markPrefix);
}

/**
 * The value of a mark attribute: the encoded number, '@' and the second of its last move. Compared with the
 * bare encoding of another number, the suffix never decides; compared with that of the same number, it makes
 * the value greater. So `stored < toMark(first)` is true exactly when the stored number is smaller. The
 * second is there to find idle marks.
 */
export function markValue(sequenceNumber: string, nowMs: number): string {
  return `${toMark(sequenceNumber)}@${Math.floor(nowMs / 1000)}`;
}

export function parseMarkValue(value: string): { mark: string; movedAtMs: number } {
  const at = value.indexOf('@');
  assert(at > 3, `not a mark value: ${value}`);
  return { mark: value.slice(0, at), movedAtMs: Number(value.slice(at + 1)) * 1000 };
}

const shardIdPattern = /^[0-9a-zA-Z_.-]{1,128}$/;
const epochPattern = /^[0-9a-z]{1,16}$/;

export function isShardRef(shard: ShardRef): boolean {
  return shardIdPattern.test(shard.shardId) && epochPattern.test(shard.epoch);
}
