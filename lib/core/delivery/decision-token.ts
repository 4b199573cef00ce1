import { assert } from '../assert.ts';

/** What a decision token says: one ad was chosen for one placement. */
export interface Decision {
  /** Of the key that signed it, 0 .. 2^32 - 1. */
  readonly keyId: number;
  /** UUID in lower case. */
  readonly ad: string;
  /** Which of the ad's goals it was charged to; 0: none. */
  readonly generation: number;
  /** When it was made (epoch.ts). */
  readonly epoch: number;
  /**
   * 24 lower-case hex digits, of which 80 bits at least are random; each decision has others, also of one request.
   */
  readonly random: string;
  /** Visible ASCII, 1 to `placementMax` characters. */
  readonly placement: string;
}

/**
 * The bytes of a token: version 1, key id (4), ad (16), generation (4), epoch (4), random (12), length of the
 * placement (1), placement, MAC (16). Numbers are big-endian. The MAC is of all bytes before it.
 */
const version = 1;
const at = { keyId: 1, ad: 5, generation: 21, epoch: 25, random: 29, length: 41, placement: 42 } as const;
export const placementMax = 64;
export const macBytes = 16;
export const tokenBytesMax = at.placement + placementMax + macBytes;
const tokenBytesMin = at.placement + 1 + macBytes;

/**
 * Writes the signed part of a token to the beginning of `bytes`, which has at least `tokenBytesMax` bytes. Returns
 * the number of bytes; the MAC follows them.
 */
export function writeDecision(bytes: Uint8Array, decision: Decision): number {
  const { keyId, ad, generation, epoch, random, placement } = decision;
  assert(placement.length > 0 && placement.length <= placementMax, 'a placement of 1 to 64 characters');
  bytes[0] = version;
  writeNumber(bytes, at.keyId, keyId);
  writeHex(bytes, at.ad, ad, 16);
  writeNumber(bytes, at.generation, generation);
  writeNumber(bytes, at.epoch, epoch);
  writeHex(bytes, at.random, random, 12);
  bytes[at.length] = placement.length;
  for (let index = 0; index < placement.length; index += 1) {
    const unit = placement.charCodeAt(index);
    assert(isVisible(unit), 'a placement of visible ASCII');
    bytes[at.placement + index] = unit;
  }
  return at.placement + placement.length;
}

/** Reads the bytes of a whole token; it does not check the MAC. undefined: not a token. */
export function readDecision(bytes: Uint8Array): Decision | undefined {
  if (bytes.length < tokenBytesMin || bytes.length > tokenBytesMax || bytes[0] !== version) return undefined;
  const length = bytes[at.length] ?? 0;
  if (length === 0 || bytes.length !== at.placement + length + macBytes) return undefined;
  let placement = '';
  for (const unit of bytes.subarray(at.placement, at.placement + length)) {
    if (!isVisible(unit)) return undefined;
    placement += String.fromCharCode(unit);
  }
  return {
    keyId: readNumber(bytes, at.keyId),
    ad: uuidOf(readHex(bytes, at.ad, 16)),
    generation: readNumber(bytes, at.generation),
    epoch: readNumber(bytes, at.epoch),
    random: readHex(bytes, at.random, 12),
    placement,
  };
}

/** Placements are names that a developer chooses, such as `article/top`. */
function isVisible(unit: number): boolean {
  return unit > 0x20 && unit < 0x7f;
}

function writeNumber(bytes: Uint8Array, offset: number, value: number): void {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, 'a number of 32 bits');
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

function readNumber(bytes: Uint8Array, offset: number): number {
  let value = 0;
  for (const byte of bytes.subarray(offset, offset + 4)) value = value * 256 + byte;
  return value;
}

/** Skips the hyphens of a UUID. */
function writeHex(bytes: Uint8Array, offset: number, hex: string, count: number): void {
  let digits = 0;
  let high = 0;
  for (let index = 0; index < hex.length; index += 1) {
    const unit = hex.charCodeAt(index);
    if (unit === hyphen) continue;
    const digit = digitOf(unit);
    if (digits % 2 === 0) high = digit << 4;
    else bytes[offset + (digits >> 1)] = high | digit;
    digits += 1;
  }
  assert(digits === count * 2, 'as many hex digits as the field has');
}

const hyphen = 0x2d;

function digitOf(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  assert(unit >= 0x61 && unit <= 0x66, 'lower-case hex digits');
  return unit - 0x57;
}

const byteTexts = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function readHex(bytes: Uint8Array, offset: number, count: number): string {
  let hex = '';
  for (const byte of bytes.subarray(offset, offset + count)) hex += byteTexts[byte] ?? '';
  return hex;
}

function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
