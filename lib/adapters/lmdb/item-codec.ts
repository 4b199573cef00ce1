import { assert } from '../../core/assert.ts';
import type { AttributeValue, Attributes } from '../../ports/state-store.ts';
import { ByteReader, varintBytesMax, writeText, writeVarint } from './byte-codec.ts';

/**
 * The value of an item: its expiry in seconds (varint, 0: never), the number of attributes, and for each a
 * name, a type and a value. The expiry is first, so that a sweep need not decode the rest.
 */
const types = { text: 0, bytes: 1, small: 2, smallNegative: 3, large: 4 } as const;

const smallMax = BigInt(Number.MAX_SAFE_INTEGER);

/** An upper bound of the encoded length. */
export function encodedItemBytesMax(attributes: Attributes): number {
  let bytes = 2 * varintBytesMax;
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    const valueBytes =
      typeof value === 'string' ? value.length * 3 : value instanceof Uint8Array ? value.length : 40;
    bytes += name.length * 3 + valueBytes + 2 * varintBytesMax + 1;
  }
  return bytes;
}

/** Returns the next position. */
export function encodeItem(target: Buffer, attributes: Attributes, position: number): number {
  const names = Object.keys(attributes);
  let at = writeVarint(target, expirySeconds(attributes), position);
  at = writeVarint(target, names.length, at);
  for (const name of names) {
    const value = attributes[name];
    assert(value !== undefined, 'an attribute is not undefined');
    at = writeValue(target, value, writeSizedText(target, name, at));
  }
  return at;
}

const reader = new ByteReader();

/** The attributes in `bytes`; they share nothing with it. */
export function decodeItem(bytes: Buffer): Attributes {
  reader.reset(bytes, 0);
  reader.varint();
  const count = reader.varint();
  const attributes: Record<string, AttributeValue> = {};
  for (let i = 0; i < count; i += 1) {
    const name = reader.name();
    attributes[name] = readValue(reader);
  }
  return Object.freeze(attributes);
}

/** When the item in `bytes` may be deleted, in seconds; 0: never. */
export function decodeExpiry(bytes: Buffer): number {
  reader.reset(bytes, 0);
  return reader.varint();
}

function expirySeconds(attributes: Attributes): number {
  const value = attributes['expires_at'];
  return typeof value === 'bigint' && value > 0n && value <= smallMax ? Number(value) : 0;
}

function writeValue(target: Buffer, value: AttributeValue, position: number): number {
  if (typeof value === 'string') {
    target[position] = types.text;
    return writeSizedText(target, value, position + 1);
  }
  if (typeof value === 'bigint') return writeNumber(target, value, position);
  target[position] = types.bytes;
  const at = writeVarint(target, value.length, position + 1);
  target.set(value, at);
  return at + value.length;
}

function writeNumber(target: Buffer, value: bigint, position: number): number {
  const magnitude = value < 0n ? -value : value;
  if (magnitude > smallMax) {
    target[position] = types.large;
    return writeSizedText(target, value.toString(), position + 1);
  }
  target[position] = value < 0n ? types.smallNegative : types.small;
  return writeVarint(target, Number(magnitude), position + 1);
}

function writeSizedText(target: Buffer, text: string, position: number): number {
  const bytes = Buffer.byteLength(text, 'utf8');
  return writeText(target, text, writeVarint(target, bytes, position));
}

function readValue(from: ByteReader): AttributeValue {
  const type = from.byte();
  switch (type) {
    case types.text:
      return from.text();
    case types.bytes:
      return Uint8Array.from(from.view(from.varint()));
    case types.small:
      return BigInt(from.varint());
    case types.smallNegative:
      return -BigInt(from.varint());
    case types.large:
      return BigInt(from.text());
    default:
      throw new Error(`not an item: type ${type}`);
  }
}
