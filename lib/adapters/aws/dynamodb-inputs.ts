import type {
  DeleteItemCommandInput,
  PutItemCommandInput,
  TransactWriteItem,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { assertNever } from '../../core/assert.ts';
import type { Attributes, WriteAction } from '../../ports/state-store.ts';
import { toExpressions, type Expressions } from './dynamodb-expressions.ts';
import { toItem, toKey } from './item-marshalling.ts';

/** Every failed condition returns the stored item, from which the exactly-once logic continues. */
const foundItem = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

export type WriteInput =
  | { readonly type: 'put'; readonly put: PutItemCommandInput; readonly attributes: Attributes }
  | { readonly type: 'update'; readonly update: UpdateItemCommandInput }
  | { readonly type: 'delete'; readonly delete: DeleteItemCommandInput };

export function toWriteInput(action: Exclude<WriteAction, { type: 'check' }>, table: string): WriteInput {
  const common = { TableName: table, ...foundItem, ...toExpressions(action) };
  switch (action.type) {
    case 'put': {
      const { key, attributes } = action;
      return { type: 'put', put: { ...common, Item: toItem(key, attributes) }, attributes };
    }
    case 'update':
      return { type: 'update', update: { ...common, Key: toKey(action.key), ReturnValues: 'ALL_NEW' } };
    case 'delete':
      return { type: 'delete', delete: { ...common, Key: toKey(action.key) } };
    default:
      return assertNever(action);
  }
}

export function toTransactItem(action: WriteAction, table: string): TransactWriteItem {
  const { ConditionExpression, UpdateExpression, ...placeholders } = toExpressions(action);
  const common = {
    TableName: table,
    ...foundItem,
    ...placeholders,
    ...(ConditionExpression === undefined ? {} : { ConditionExpression }),
  };
  switch (action.type) {
    case 'put':
      return { Put: { ...common, Item: toItem(action.key, action.attributes) } };
    case 'update':
      return { Update: { ...common, ...toChange(UpdateExpression, placeholders), Key: toKey(action.key) } };
    case 'delete':
      return { Delete: { ...common, Key: toKey(action.key) } };
    case 'check':
      return { ConditionCheck: { ...common, Key: toKey(action.key), ConditionExpression } };
    default:
      return assertNever(action);
  }
}

/**
 * Unlike UpdateItem, an update in a transaction needs a change. An empty one removes an attribute that no
 * item has.
 */
function toChange(
  UpdateExpression: string | undefined,
  { ExpressionAttributeNames }: Expressions,
): { UpdateExpression: string; ExpressionAttributeNames?: Record<string, string> } {
  if (UpdateExpression !== undefined) return { UpdateExpression };
  return {
    UpdateExpression: 'REMOVE #nothing',
    ExpressionAttributeNames: { ...ExpressionAttributeNames, '#nothing': '__proto__' },
  };
}
