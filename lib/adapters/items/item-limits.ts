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
import { attributesBytes, itemBytes, keyBytes, valueBytes } from './item-size.ts';
import { utf8Length } from './utf8.ts';

/** What DynamoDB refuses, refused alike by every adapter before anything is written. All throw a RangeError. */
export function assertTransaction(actions: readonly WriteAction[]): void {
  assertRange(actions.length, 1, transactActionsMax, 'actions of a transaction');
  assertDistinct(actions.map((action) => action.key));
  let bytes = 0;
  for (const action of actions) {
    assertAction(action);
    bytes += actionBytes(action);
  }
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

export function assertKey(key: ItemKey): void {
  assertWellFormed(key.pk);
  assertRange(utf8Length(key.pk), 1, partitionKeyBytesMax, 'bytes of a partition key');
  assertSortKey(key.sk);
}

export function assertAction(action: WriteAction): void {
  assertKey(action.key);
  if (action.condition !== undefined) assertCondition(action.condition);
  if (action.type === 'put') {
    assertAttributes(action.attributes);
    assertRange(itemBytes(action.key, action.attributes), 0, itemBytesMax, 'bytes of an item');
  }
  if (action.type === 'update') assertUpdate(action);
}

/** DynamoDB numbers have 38 digits; beyond that it rounds or refuses. */
const numberMax = 10n ** 38n - 1n;

export function assertNumber(value: bigint, name: string): void {
  if (value > numberMax || value < -numberMax) throw new RangeError(`'${name}' has more than 38 digits`);
}

/** A text that names an item, for maps: equal exactly for equal keys. */
export function itemKeyText(key: ItemKey): string {
  return `${key.table}/${key.pk.length}/${key.pk}/${key.sk}`;
}

function assertUpdate(action: Extract<WriteAction, { type: 'update' }>): void {
  const { set = {}, add = {}, remove = [] } = action;
  assertAttributes(set);
  assertAttributes(add);
  for (const name of remove) assertName(name);
  const setNames = Object.keys(set);
  const addNames = Object.keys(add);
  const named = setNames.length + addNames.length + remove.length;
  if (named > 1 && new Set([...setNames, ...addNames, ...remove]).size < named) {
    throw new RangeError('an update names an attribute twice');
  }
  assertRange(keyBytes(action.key) + attributesBytes(set), 0, itemBytesMax, 'bytes of an item');
}

function assertAttributes(attributes: Attributes): void {
  for (const name of Object.keys(attributes)) {
    assertName(name);
    const value = attributes[name];
    if (value === undefined) throw new RangeError(`'${name}' is undefined`);
    assertValue(value, name);
  }
}

function assertValue(value: AttributeValue, name: string): void {
  if (typeof value === 'bigint') assertNumber(value, name);
  else if (typeof value === 'string') assertWellFormed(value);
  else if (!(value instanceof Uint8Array)) throw new RangeError(`'${name}' is no text, bigint or bytes`);
}

/** Names that stand for the key itself in DynamoDB, or would not survive as a property of an object. */
const reservedNames: ReadonlySet<string> = new Set(['pk', 'sk', '__proto__']);

function assertName(name: string): void {
  if (reservedNames.has(name)) throw new RangeError(`the attribute name '${name}' is reserved`);
  assertWellFormed(name);
  assertRange(name.length, 1, 1000, 'characters of an attribute name');
}

function assertCondition(condition: Condition): void {
  if ('of' in condition) condition.of.forEach(assertCondition);
  if ('attribute' in condition) assertName(condition.attribute);
  if ('value' in condition) assertValue(condition.value, condition.attribute);
}

function actionBytes(action: WriteAction): number {
  const bytes = keyBytes(action.key) + conditionBytes(action.condition);
  if (action.type === 'put') return bytes + attributesBytes(action.attributes);
  if (action.type !== 'update') return bytes;
  return bytes + attributesBytes(action.set ?? {}) + attributesBytes(action.add ?? {});
}

function conditionBytes(condition: Condition | undefined): number {
  if (condition === undefined) return 0;
  if ('of' in condition) return condition.of.reduce((sum, part) => sum + conditionBytes(part), 0);
  return 'value' in condition ? valueBytes(condition.value) : 0;
}

function assertSortKey(sk: string): void {
  assertWellFormed(sk);
  assertRange(utf8Length(sk), 0, sortKeyBytesMax, 'bytes of a sort key');
}

function assertDistinct(keys: readonly ItemKey[]): void {
  if (keys.length > 1 && new Set(keys.map(itemKeyText)).size < keys.length) {
    throw new RangeError('one item is named twice');
  }
}

/** A lone surrogate has no UTF-8: two different texts would become one. */
function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new RangeError('text with a lone surrogate');
}

function assertRange(value: number, min: number, max: number, what: string): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${value} ${what}: must be ${min}..${max}`);
  }
}
