import type { AttributeValue, Attributes, ItemKey } from '../../ports/state-store.ts';
import { utf8Length } from './utf8.ts';

/** The bytes that DynamoDB counts for an item: its key, and the names and values of its attributes. */
export function itemBytes(key: ItemKey, attributes: Attributes): number {
  return keyBytes(key) + attributesBytes(attributes);
}

/** The names of the two key attributes count too. */
const keyNamesBytes = 4;

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

/** A number takes a byte for every two digits, one more, and one for the sign. */
export function valueBytes(value: AttributeValue): number {
  if (typeof value === 'string') return utf8Length(value);
  if (typeof value !== 'bigint') return value.byteLength;
  const digits = value.toString().length;
  return value < 0n ? Math.ceil((digits - 1) / 2) + 2 : Math.ceil(digits / 2) + 1;
}
