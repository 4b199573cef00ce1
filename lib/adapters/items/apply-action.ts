import {
  itemBytesMax,
  type AttributeValue,
  type Attributes,
  type WriteAction,
} from '../../ports/state-store.ts';
import { copyAttributes } from './copy-attributes.ts';
import { assertNumber } from './item-limits.ts';
import { isItemOver } from './item-size.ts';

/**
 * The item after an action whose condition held; undefined: it is deleted. The result is frozen and shares
 * nothing with the caller's objects. Throws a RangeError if the stored item makes the action exceed a limit:
 * a sum of more than 38 digits, `add` to a value that is not a number, an item that is too large.
 */
export function applyAction(action: WriteAction, item: Attributes | undefined): Attributes | undefined {
  if (action.type === 'check') return item;
  if (action.type === 'delete') return undefined;
  if (action.type === 'put') return copyAttributes(action.attributes);
  const next: Record<string, AttributeValue> = item === undefined ? {} : { ...item };
  for (const name of action.remove ?? []) Reflect.deleteProperty(next, name);
  if (action.set !== undefined) Object.assign(next, copyAttributes(action.set));
  if (action.add !== undefined) addTo(next, action.add);
  if (isItemOver(itemBytesMax, action.key, next)) {
    throw new RangeError(`item ${action.key.table}/${action.key.pk} would grow over ${itemBytesMax} bytes`);
  }
  return Object.freeze(next);
}

function addTo(next: Record<string, AttributeValue>, add: Readonly<Record<string, bigint>>): void {
  for (const name of Object.keys(add)) {
    const found = next[name] ?? 0n;
    if (typeof found !== 'bigint') throw new RangeError(`cannot add to '${name}', which is not a number`);
    const sum = found + (add[name] ?? 0n);
    assertNumber(sum, name);
    next[name] = sum;
  }
}
