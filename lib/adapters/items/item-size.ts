import type { AttributeValue, Attributes, ItemKey } from '../../ports/state-store.ts';
import { utf8Length } from './utf8.ts';

/** The bytes that DynamoDB counts for an item: its key and the names and values of its attributes. */
export function itemBytes(key: ItemKey, attributes: Attributes): number {
  return keyBytes(key) + attributesBytes(attributes);
}

/** The names of the two key attributes count too. */
export const keyNamesBytes = 4;

export function keyBytes(key: ItemKey): number {
  return keyNamesBytes + utf8Length(key.pk) + utf8Length(key.sk);
}

export function attributesBytes(attributes: Attributes): number {
  let bytes = 0;
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (value !== undefined) bytes += utf8Length(name) + valueBytes(value);
  }
  return bytes;
}

/** A number takes one byte per two digits, plus one, plus one for the sign. */
export function valueBytes(value: AttributeValue): number {
  if (typeof value === 'string') return utf8Length(value);
  if (typeof value !== 'bigint') return value.byteLength;
  return value < 0n ? Math.ceil(digitsOf(-value) / 2) + 2 : Math.ceil(digitsOf(value) / 2) + 1;
}

const smallMax = BigInt(Number.MAX_SAFE_INTEGER);

/** The digits of a number that is not negative. Most numbers are small and need no conversion to text. */
function digitsOf(value: bigint): number {
  if (value > smallMax) return value.toString().length;
  let digits = 1;
  for (let rest = Number(value); rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
  return digits;
}

/** The size of any number of 38 digits. */
const numberBytesMax = 21;

/** Whether an item has more than `bytesMax`. It counts exactly only if a cheap upper bound is not enough. */
export function isItemOver(bytesMax: number, key: ItemKey, attributes: Attributes): boolean {
  let bound = keyNamesBytes + 3 * (key.pk.length + key.sk.length);
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    bound += 3 * name.length;
    if (typeof value === 'string') bound += 3 * value.length;
    else bound += value instanceof Uint8Array ? value.byteLength : numberBytesMax;
  }
  return bound > bytesMax && itemBytes(key, attributes) > bytesMax;
}
