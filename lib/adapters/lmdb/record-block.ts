import type { LogEntry } from '../../ports/event-log.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { ByteReader, varintBytesMax, writeText, writeVarint } from './byte-codec.ts';

/**
 * The records that one shard got in one commit stand in one value, so that a batch of 500 costs a few writes and not
 * 500: for each record the length and UTF-8 of its partition key, the length of its data, the data. What is needed to
 * find and to trim blocks is in the key: shard, last number, count, time of arrival, bytes.
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

/** At or before the block that holds this number, after all blocks of lower ones. */
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

/** What is left of the limits of a read. */
export interface ReadBudget {
  records: number;
  bytes: number;
}

const reader = new ByteReader();

/**
 * Adds the block's records behind `afterNumber` to `into`, and stops at the budget; false: it is spent. The records
 * share the bytes of `block`, which must be nobody else's.
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
