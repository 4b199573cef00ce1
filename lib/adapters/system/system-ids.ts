import { randomFillSync } from 'node:crypto';
import type { Ids } from '../../ports/ids.ts';

/** Random bytes for many ids per system call. */
const poolBytes = 4096;

/** Ids from the operating system's randomness. With one instance per process, its UUIDs are in order. */
export function createSystemIds(): Ids {
  const random = createRandomPool();
  const uuidv7 = createUuidv7(random);
  return {
    uuidv7,
    nonce: () => random(16).toString('hex'),
    random: () => random(6).readUIntBE(0, 6) / 2 ** 48,
  };
}

function createRandomPool(): (bytes: number) => Buffer {
  const pool = Buffer.alloc(poolBytes);
  let used = poolBytes;
  return (bytes) => {
    if (used + bytes > poolBytes) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return pool.subarray(used - bytes, used);
  };
}

/**
 * RFC 9562, method 1: the time, a counter of 32 bits, then 42 random bits. Each millisecond the counter
 * starts at random in its lower half. It counts on while the clock does not advance.
 */
function createUuidv7(random: (bytes: number) => Buffer): (nowMs: number) => string {
  let lastMs = -1;
  let counter = 0;
  return (nowMs) => {
    if (nowMs > lastMs || counter === 0xffff_ffff) {
      lastMs = Math.max(nowMs, lastMs + 1);
      counter = random(4).readUInt32BE(0) >>> 1;
    } else {
      counter += 1;
    }
    const bytes = Buffer.allocUnsafe(16);
    bytes.writeUIntBE(lastMs, 0, 6);
    bytes.writeUInt16BE(0x7000 | (counter >>> 20), 6);
    random(8).copy(bytes, 8);
    // The variant's two bits, the counter's lower 20 bits, and 42 random bits: 10 in this word, 32 in the
    // next.
    bytes.writeUInt32BE(
      (0x8000_0000 | ((counter & 0xf_ffff) << 10) | (bytes.readUInt32BE(8) & 0x3ff)) >>> 0,
      8,
    );
    return formatUuid(bytes);
  };
}

function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const systemIds: Ids = createSystemIds();
