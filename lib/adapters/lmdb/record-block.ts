import type { LogEntry } from '../../ports/event-log.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { ByteReader, varintBytesMax, writeText, writeVarint } from './byte-codec.ts';

/**
 * One value holds the records of one shard from one commit, so that a batch of 500 costs a few writes,
 * not 500. For each record it has the length and UTF-8 of its partition key, the length of its data, and the
 * data. The key has what is needed to find and trim blocks: shard, last number, count, time of arrival,
 * bytes.
 */
export interface BlockKey {
  readonly shardIndex: number;
  readonly lastNumber: number;
  readonly count: number;
  readonly arrivedAtMs: number;
  readonly bytes: number;
}

const keyBytes = 26;
const twoTo32 = 2 ** 32;

export function encodeBlockKey(key: BlockKey): Buffer {
  const target = Buffer.allocUnsafe(keyBytes);
  writePosition(target, key.shardIndex, key.lastNumber);
  target.writeUInt32BE(key.count, 10);
  target.writeUIntBE(key.arrivedAtMs, 14, 6);
  target.writeUIntBE(key.bytes, 20, 6);
  return target;
}

export function decodeBlockKey(bytes: Buffer): BlockKey {
  return {
    shardIndex: bytes.readUInt16BE(0),
    lastNumber: bytes.readUInt32BE(2) * twoTo32 + bytes.readUInt32BE(6),
    count: bytes.readUInt32BE(10),
    arrivedAtMs: bytes.readUIntBE(14, 6),
    bytes: bytes.readUIntBE(20, 6),
  };
}

/** A key at or before the block with this number, and after all blocks of lower numbers. */
export function blockBound(shardIndex: number, number: number): Buffer {
  const target = Buffer.alloc(10);
  writePosition(target, shardIndex, number);
  return target;
}

function writePosition(target: Buffer, shardIndex: number, number: number): void {
  target.writeUInt16BE(shardIndex, 0);
  target.writeUInt32BE(Math.floor(number / twoTo32), 2);
  target.writeUInt32BE(number % twoTo32, 6);
}

const firstBytes = 1024;

/** A block being filled. The bytes are copied when they are added. */
export class BlockBuilder {
  #target: Buffer = Buffer.allocUnsafeSlow(firstBytes);
  #end = 0;
  count = 0;

  get bytes(): number {
    return this.#end;
  }

  add(entry: LogEntry): void {
    const keyLength = Buffer.byteLength(entry.partitionKey, 'utf8');
    this.#reserve(keyLength + entry.data.length + 2 * varintBytesMax);
    let at = writeVarint(this.#target, keyLength, this.#end);
    at = writeText(this.#target, entry.partitionKey, at);
    at = writeVarint(this.#target, entry.data.length, at);
    this.#target.set(entry.data, at);
    this.#end = at + entry.data.length;
    this.count += 1;
  }

  finish(): Buffer {
    return this.#target.subarray(0, this.#end);
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#target.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#target.length * 2, this.#end + bytes));
    this.#target.copy(larger, 0, 0, this.#end);
    this.#target = larger;
  }
}

/** The rest of the limits of a read. */
export interface ReadBudget {
  records: number;
  bytes: number;
}

const reader = new ByteReader();

/**
 * Adds the block's records after `afterNumber` to `into`, up to the budget; false: the budget is used up. The
 * records share the bytes of `block`, so no other code may use them.
 */
export function readBlock(
  block: Buffer,
  key: BlockKey,
  afterNumber: number,
  into: LogRecord[],
  budget: ReadBudget,
): boolean {
  reader.reset(block, 0);
  const firstNumber = key.lastNumber - key.count + 1;
  for (let number = firstNumber; number <= key.lastNumber; number += 1) {
    if (number <= afterNumber) {
      reader.skip(reader.varint());
      reader.skip(reader.varint());
      continue;
    }
    const partitionKey = reader.text();
    const data = reader.view(reader.varint());
    budget.bytes -= data.length;
    if (budget.records === 0 || (into.length > 0 && budget.bytes < 0)) return false;
    budget.records -= 1;
    into.push({ sequenceNumber: String(number), partitionKey, data, arrivedAtMs: key.arrivedAtMs });
  }
  return true;
}
