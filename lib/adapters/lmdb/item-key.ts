import { hash } from 'node:crypto';
import { assert } from '../../core/assert.ts';
import type { ItemKey, TableName } from '../../ports/state-store.ts';
import { writeText } from './byte-codec.ts';

/**
 * The key of an item: one byte for the table, two for the length of the partition key, the partition key, the
 * sort key. So the items of a partition are adjacent, in the UTF-8 order of their sort keys. LMDB keys have
 * at most 1978 bytes, so a longer partition key is replaced by its SHA-256, with a length that no partition
 * key has.
 */
const tableBytes: Readonly<Record<TableName, number>> = {
  ads: 1,
  counters: 2,
  requests: 3,
  tokens: 4,
  delivery: 5,
};
const headerBytes = 3;
const partitionBytesMax = 900;
const hashedMark = 0xffff;

/** Sort keys have at most 1000 bytes; a bound has one more. */
const scratch = Buffer.alloc(headerBytes + partitionBytesMax + 1001);

/** A view of a buffer that all calls share; valid until the next call. */
export function encodeItemKey(key: ItemKey): Buffer {
  const at = writePartition(key);
  return scratch.subarray(0, writeText(scratch, key.sk, at));
}

/** The prefix of every key of a partition; a copy. */
export function partitionPrefix(partition: Pick<ItemKey, 'table' | 'pk'>): Buffer {
  return Buffer.from(scratch.subarray(0, writePartition(partition)));
}

function writePartition({ table, pk }: Pick<ItemKey, 'table' | 'pk'>): number {
  scratch[0] = tableBytes[table];
  const end = writeShortPartition(pk);
  if (end !== undefined) return end;
  scratch.writeUInt16BE(hashedMark, 1);
  const digest = hash('sha256', pk, 'buffer');
  digest.copy(scratch, headerBytes);
  return headerBytes + digest.length;
}

function writeShortPartition(pk: string): number | undefined {
  if (pk.length > partitionBytesMax) return undefined;
  if (pk.length * 3 > partitionBytesMax && Buffer.byteLength(pk, 'utf8') > partitionBytesMax)
    return undefined;
  const end = writeText(scratch, pk, headerBytes);
  assert(end - headerBytes <= partitionBytesMax, 'a short partition key');
  scratch.writeUInt16BE(end - headerBytes, 1);
  return end;
}
