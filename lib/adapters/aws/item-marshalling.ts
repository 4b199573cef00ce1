import type { AttributeValue as DynamodbValue } from '@aws-sdk/client-dynamodb';
import { assert } from '../../core/assert.ts';
import type { AttributeValue, Attributes, ItemKey } from '../../ports/state-store.ts';

export type DynamodbItem = Record<string, DynamodbValue>;

/** DynamoDB accepts no empty key, so every sort key has the same prefix, which keeps their order. */
const sortKeyPrefix = '-';

export function toSortKey(sk: string): string {
  return sortKeyPrefix + sk;
}

export function fromSortKey(sortKey: DynamodbValue | undefined): string {
  const text = sortKey?.S;
  assert(text?.startsWith(sortKeyPrefix) === true, `not a sort key of ours: ${text ?? 'none'}`);
  return text.slice(sortKeyPrefix.length);
}

export function toKey(key: ItemKey): DynamodbItem {
  return { pk: { S: key.pk }, sk: { S: toSortKey(key.sk) } };
}

export function toItem(key: ItemKey, attributes: Attributes): DynamodbItem {
  const item = toKey(key);
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (value !== undefined) item[name] = toValue(value);
  }
  return item;
}

/** Integers as decimal digits, because a JavaScript number would round them. */
export function toValue(value: AttributeValue): DynamodbValue {
  if (typeof value === 'string') return { S: value };
  return typeof value === 'bigint' ? { N: value.toString() } : { B: value };
}

/** The attributes without the key, frozen; undefined: no item. */
export function fromItem(item: DynamodbItem | undefined): Attributes | undefined {
  if (item === undefined) return undefined;
  const attributes: Record<string, AttributeValue> = {};
  for (const name of Object.keys(item)) {
    const value = item[name];
    if (name !== 'pk' && name !== 'sk' && value !== undefined) attributes[name] = fromValue(value, name);
  }
  return Object.freeze(attributes);
}

function fromValue(value: DynamodbValue, name: string): AttributeValue {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return toInteger(value.N);
  assert(value.B !== undefined, `attribute ${name} is neither a string, a number nor bytes`);
  return value.B;
}

/** DynamoDB returns plain digits; some emulators return a large integer as 1E+20 or 1.5E+20. */
function toInteger(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:E\+?(\d+))?$/i.exec(text);
  assert(match !== null, `not an integer: ${text}`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = fraction.replace(/0+$/, '');
  const zeros = Number(exponent) - digits.length;
  assert(zeros >= 0 && zeros <= 38, `not an integer: ${text}`);
  return BigInt(`${sign}${whole}${digits}${'0'.repeat(zeros)}`);
}
