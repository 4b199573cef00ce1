import { hash, type KeyObject } from 'node:crypto';
import { assert } from '../../core/assert.ts';

const blockBytes = 64;
const digestBytes = 32;
/** Room for a token, or a token and most addresses; longer messages get a buffer of their own. */
const messageBytesUsual = 1024;

/** What both hashes of HMAC begin with, and room for the rest; used by one call at a time. */
interface Pads {
  /** The key XOR 0x36, then the message. */
  readonly inner: Buffer;
  /** The key XOR 0x5c, then the inner digest. */
  readonly outer: Buffer;
}

const padsOf = new WeakMap<KeyObject, Pads>();

/**
 * HMAC-SHA-256 (RFC 2104), 32 bytes as Latin-1 text; a text is hashed as UTF-8. Two one-shot hashes: `createHmac` makes
 * an object for the collector each time, and a buffer costs as much as a hash. Together they are a third of the time.
 * @param secret at most 64 bytes
 */
export function hmacSha256(secret: KeyObject, message: string | Uint8Array): string {
  const { inner, outer } = padsFor(secret);
  outer.write(hash('sha256', keyed(inner, message), 'binary'), blockBytes, 'latin1');
  return hash('sha256', outer, 'binary');
}

function keyed(inner: Buffer, message: string | Uint8Array): Buffer {
  const size = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
  const end = blockBytes + size;
  let all = inner;
  if (end > inner.length) {
    all = Buffer.alloc(end);
    inner.copy(all, 0, 0, blockBytes);
  }
  if (typeof message === 'string') all.write(message, blockBytes);
  else all.set(message, blockBytes);
  return all.subarray(0, end);
}

function padsFor(secret: KeyObject): Pads {
  let pads = padsOf.get(secret);
  if (pads === undefined) {
    const key = secret.export();
    assert(key.length <= blockBytes, 'a secret of at most 64 bytes');
    pads = {
      inner: Buffer.alloc(blockBytes + messageBytesUsual),
      outer: Buffer.alloc(blockBytes + digestBytes),
    };
    for (let index = 0; index < blockBytes; index += 1) {
      const byte = key[index] ?? 0;
      pads.inner[index] = byte ^ 0x36;
      pads.outer[index] = byte ^ 0x5c;
    }
    padsOf.set(secret, pads);
  }
  return pads;
}
