import { assertNever } from '../../core/assert.ts';
import type { AttributeValue, Condition, WriteAction } from '../../ports/state-store.ts';
import { toValue, type DynamodbItem } from './item-marshalling.ts';

export interface Expressions {
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: DynamodbItem;
}

/** The condition and the changes of an action as DynamoDB expressions. */
export function toExpressions(action: WriteAction): Expressions {
  const placeholders = new Placeholders();
  const condition = action.condition === undefined ? '' : toConditionText(action.condition, placeholders);
  const update = action.type === 'update' ? toUpdateText(action, placeholders) : '';
  return {
    ...(condition === '' ? {} : { ConditionExpression: condition }),
    ...(update === '' ? {} : { UpdateExpression: update }),
    ...placeholders.fields(),
  };
}

/**
 * Names and values are never inside an expression: some names are reserved words, and values are user data.
 */
class Placeholders {
  readonly #names = new Map<string, string>();
  readonly #values: DynamodbItem = {};
  #valueCount = 0;

  name(attribute: string): string {
    const known = this.#names.get(attribute);
    if (known !== undefined) return known;
    const placeholder = `#${this.#names.size}`;
    this.#names.set(attribute, placeholder);
    return placeholder;
  }

  value(value: AttributeValue): string {
    const placeholder = `:${this.#valueCount}`;
    this.#valueCount += 1;
    this.#values[placeholder] = toValue(value);
    return placeholder;
  }

  fields(): Pick<Expressions, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'> {
    const names = Array.from(this.#names, ([attribute, placeholder]) => [placeholder, attribute] as const);
    return {
      ...(names.length === 0 ? {} : { ExpressionAttributeNames: Object.fromEntries(names) }),
      ...(this.#valueCount === 0 ? {} : { ExpressionAttributeValues: this.#values }),
    };
  }
}

function toConditionText(condition: Condition, to: Placeholders): string {
  switch (condition.op) {
    case 'item-absent':
      return `attribute_not_exists(${to.name('pk')})`;
    case 'item-present':
      return `attribute_exists(${to.name('pk')})`;
    case 'absent':
      return `attribute_not_exists(${to.name(condition.attribute)})`;
    case 'present':
      return `attribute_exists(${to.name(condition.attribute)})`;
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${to.name(condition.attribute)} ${condition.op} ${to.value(condition.value)}`;
    case 'any':
      return joined(condition.of, ' OR ', to) ?? nothing(to);
    case 'all':
      return joined(condition.of, ' AND ', to) ?? anything(to);
    default:
      return assertNever(condition);
  }
}

function joined(parts: readonly Condition[], operator: string, to: Placeholders): string | undefined {
  const [first] = parts;
  if (first === undefined) return undefined;
  // DynamoDB refuses redundant parentheses.
  if (parts.length === 1) return toConditionText(first, to);
  return parts.map((part) => `(${toConditionText(part, to)})`).join(operator);
}

/**
 * DynamoDB has no constants. Every item has the attribute pk: "exists or not" is true, "exists and not" is
 * false.
 */
function nothing(to: Placeholders): string {
  return `attribute_exists(${to.name('pk')}) AND attribute_not_exists(${to.name('pk')})`;
}

function anything(to: Placeholders): string {
  return `attribute_exists(${to.name('pk')}) OR attribute_not_exists(${to.name('pk')})`;
}

function toUpdateText(action: Extract<WriteAction, { type: 'update' }>, to: Placeholders): string {
  const clause = (keyword: string, parts: readonly string[]): string[] =>
    parts.length === 0 ? [] : [`${keyword} ${parts.join(', ')}`];
  const { set = {}, add = {}, remove = [] } = action;
  return [
    ...clause('SET', assignments(set, to, ' = ')),
    ...clause('ADD', assignments(add, to, ' ')),
    ...clause(
      'REMOVE',
      remove.map((attribute) => to.name(attribute)),
    ),
  ].join(' ');
}

function assignments(
  values: Readonly<Record<string, AttributeValue>>,
  to: Placeholders,
  between: string,
): string[] {
  return Object.entries(values).map(
    ([attribute, value]) => `${to.name(attribute)}${between}${to.value(value)}`,
  );
}
