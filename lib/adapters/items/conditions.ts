import { assertNever } from '../../core/assert.ts';
import type { AttributeValue, Attributes, Condition } from '../../ports/state-store.ts';
import { compareUtf8 } from './utf8.ts';

/** Whether a condition holds for a stored item; undefined: there is no item. */
export function conditionHolds(condition: Condition | undefined, item: Attributes | undefined): boolean {
  if (condition === undefined) return true;
  switch (condition.op) {
    case 'item-absent':
      return item === undefined;
    case 'item-present':
      return item !== undefined;
    case 'absent':
      return attributeOf(item, condition.attribute) === undefined;
    case 'present':
      return attributeOf(item, condition.attribute) !== undefined;
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const order = compareValues(attributeOf(item, condition.attribute), condition.value);
      return order !== undefined && orderMatches(condition.op, order);
    }
    case 'any':
      return condition.of.some((part) => conditionHolds(part, item));
    case 'all':
      return condition.of.every((part) => conditionHolds(part, item));
    default:
      return assertNever(condition);
  }
}

function attributeOf(item: Attributes | undefined, name: string): AttributeValue | undefined {
  return item !== undefined && Object.hasOwn(item, name) ? item[name] : undefined;
}

/** undefined: absent or of different types, which makes every comparison false. */
function compareValues(found: AttributeValue | undefined, wanted: AttributeValue): number | undefined {
  if (typeof found === 'string' && typeof wanted === 'string') return compareUtf8(found, wanted);
  if (typeof found === 'bigint' && typeof wanted === 'bigint') {
    return found < wanted ? -1 : found > wanted ? 1 : 0;
  }
  if (found instanceof Uint8Array && wanted instanceof Uint8Array) return Buffer.compare(found, wanted);
  return undefined;
}

function orderMatches(op: '=' | '<' | '<=' | '>' | '>=', order: number): boolean {
  switch (op) {
    case '=':
      return order === 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return assertNever(op);
  }
}
