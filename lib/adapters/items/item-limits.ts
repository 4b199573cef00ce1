import {
  itemBytesMax,
  partitionKeyBytesMax,
  queryItemsMax,
  readItemsMax,
  sortKeyBytesMax,
  transactActionsMax,
  transactBytesMax,
  transactEachMax,
  writeEachActionsMax,
  type AttributeValue,
  type Attributes,
  type Condition,
  type ItemKey,
  type QueryRange,
  type WriteAction,
} from '../../ports/state-store.ts';
import { keyNamesBytes, valueBytes } from './item-size.ts';
import { utf8Length } from './utf8.ts';

/** The limits of DynamoDB, which every adapter checks before it writes. All checks throw a RangeError. */
export function assertTransaction(actions: readonly WriteAction[]): void {
  assertRange(actions.length, 1, transactActionsMax, 'actions of a transaction');
  assertDistinct(actions.map((action) => action.key));
  const bytes = actions.reduce((sum, action) => sum + assertAction(action), 0);
  if (bytes > transactBytesMax) throw new RangeError(`a transaction of ${bytes} bytes`);
}

export function assertTransactEach(transactions: readonly (readonly WriteAction[])[]): void {
  assertRange(transactions.length, 0, transactEachMax, 'transactions of transactEach');
  for (const actions of transactions) assertTransaction(actions);
}

export function assertWriteEach(actions: readonly WriteAction[]): void {
  assertRange(actions.length, 0, writeEachActionsMax, 'actions of writeEach');
  assertDistinct(actions.map((action) => action.key));
  for (const action of actions) {
    if (action.type === 'check') throw new RangeError('a check outside a transaction');
    assertAction(action);
  }
}

export function assertReads(keys: readonly ItemKey[]): void {
  assertRange(keys.length, 0, readItemsMax, 'keys of getMany');
  assertDistinct(keys);
  for (const key of keys) assertKey(key);
}

export function assertQuery(range: QueryRange): void {
  assertKey({ table: range.table, pk: range.pk, sk: '' });
  assertRange(range.limit, 1, queryItemsMax, 'limit of a query');
  if (range.after !== undefined) assertSortKey(range.after);
  if (range.through !== undefined) assertSortKey(range.through);
}

/** Returns its bytes. */
export function assertKey({ pk, sk }: ItemKey): number {
  const bytes = textBytes(pk);
  assertRange(bytes, 1, partitionKeyBytesMax, 'bytes of a partition key');
  return keyNamesBytes + bytes + assertSortKey(sk);
}

/** Returns the bytes that it counts for in a transaction. */
export function assertAction(action: WriteAction): number {
  const forKey = assertKey(action.key);
  const forCondition = action.condition === undefined ? 0 : assertCondition(action.condition);
  if (action.type === 'delete' || action.type === 'check') return forKey + forCondition;
  const { set = {}, add = {}, remove = [] } = action.type === 'put' ? { set: action.attributes } : action;
  const forSet = assertAttributes(set);
  assertRange(forKey + forSet, 0, itemBytesMax, 'bytes of an item');
  const forAdd = assertAttributes(add);
  for (const name of remove) assertName(name);
  assertNamedOnce(set, add, remove);
  return forKey + forCondition + forSet + forAdd;
}

/** DynamoDB numbers have 38 digits; beyond that it rounds or refuses. */
const numberMax = 10n ** 38n - 1n;

export function assertNumber(value: bigint, name: string): void {
  if (value > numberMax || value < -numberMax) throw new RangeError(`'${name}' has more than 38 digits`);
}

/** A map key for an item: equal exactly for equal keys. */
export function itemKeyText(key: ItemKey): string {
  return `${key.table}/${key.pk.length}/${key.pk}/${key.sk}`;
}

function assertNamedOnce(set: Attributes, add: Attributes, remove: readonly string[]): void {
  const isTwice =
    Object.keys(add).some((name) => Object.hasOwn(set, name)) ||
    remove.some(
      (name, i) => Object.hasOwn(set, name) || Object.hasOwn(add, name) || remove.indexOf(name) < i,
    );
  if (isTwice) throw new RangeError('an update names an attribute twice');
}

/** Returns the bytes of names and values, as do the functions below. */
function assertAttributes(attributes: Attributes): number {
  let bytes = 0;
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (value === undefined) throw new RangeError(`'${name}' is undefined`);
    bytes += assertName(name) + assertValue(value, name);
  }
  return bytes;
}

function assertValue(value: AttributeValue, name: string): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'bigint') assertNumber(value, name);
  else if (!(value instanceof Uint8Array))
    throw new RangeError(`'${name}' is not a string, a bigint or bytes`);
  return valueBytes(value);
}

/** Names that DynamoDB uses for the key, or that do not work as a property of an object. */
const reservedNames: ReadonlySet<string> = new Set(['pk', 'sk', '__proto__']);

function assertName(name: string): number {
  if (reservedNames.has(name)) throw new RangeError(`the attribute name '${name}' is reserved`);
  assertRange(name.length, 1, 1000, 'characters of an attribute name');
  return textBytes(name);
}

function assertCondition(condition: Condition): number {
  if ('of' in condition) return condition.of.reduce((sum, part) => sum + assertCondition(part), 0);
  if ('attribute' in condition) assertName(condition.attribute);
  return 'value' in condition ? assertValue(condition.value, condition.attribute) : 0;
}

function assertSortKey(sk: string): number {
  const bytes = textBytes(sk);
  assertRange(bytes, 0, sortKeyBytesMax, 'bytes of a sort key');
  return bytes;
}

function assertDistinct(keys: readonly ItemKey[]): void {
  const isTwice =
    keys.length <= fewKeysMax
      ? keys.some((key, i) => keys.some((other, j) => j > i && isSameItem(key, other)))
      : new Set(keys.map(itemKeyText)).size < keys.length;
  if (isTwice) throw new RangeError('one item is named twice');
}

/** Up to this many are compared in pairs. */
const fewKeysMax = 4;

function isSameItem(a: ItemKey, b: ItemKey): boolean {
  return a.pk === b.pk && a.sk === b.sk && a.table === b.table;
}

/** The UTF-8 bytes of a text. Lone surrogates have no UTF-8, so two different texts would become equal. */
function textBytes(text: string): number {
  const bytes = utf8Length(text);
  // One byte per character: ASCII.
  if (bytes !== text.length && !text.isWellFormed()) throw new RangeError('text with a lone surrogate');
  return bytes;
}

function assertRange(value: number, min: number, max: number, what: string): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${value} ${what}: must be ${min}..${max}`);
  }
}
