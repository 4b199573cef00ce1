import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { QueryRange } from '../../ports/state-store.ts';
import { compareUtf8 } from '../items/utf8.ts';
import { toSortKey } from './item-marshalling.ts';

/** DynamoDB refuses a range whose bounds are crossed. */
export function isEmptyRange({ after, through }: QueryRange): boolean {
  return after !== undefined && through !== undefined && compareUtf8(after, through) >= 0;
}

export function toQueryInput(range: QueryRange, table: string): QueryCommandInput {
  const { from, condition } = sortKeyBounds(range);
  return {
    TableName: table,
    ConsistentRead: true,
    Limit: range.limit,
    ScanIndexForward: range.order !== 'descending',
    KeyConditionExpression: condition === '' ? 'pk = :pk' : `pk = :pk AND ${condition}`,
    ExpressionAttributeValues: {
      ':pk': { S: range.pk },
      ...(from === undefined ? {} : { ':from': { S: from } }),
      ...(range.through === undefined ? {} : { ':through': { S: toSortKey(range.through) } }),
    },
  };
}

/**
 * A key condition may hold one comparison of the sort key, and BETWEEN takes its lower bound in: nothing lies
 * between a text and the same text with U+0000 behind it, so that one is the lower bound that leaves `after` out.
 */
function sortKeyBounds({ after, through }: QueryRange): { from: string | undefined; condition: string } {
  const from = after === undefined ? undefined : `${toSortKey(after)}\u0000`;
  if (from === undefined) return { from, condition: through === undefined ? '' : 'sk <= :through' };
  return { from, condition: through === undefined ? 'sk >= :from' : 'sk BETWEEN :from AND :through' };
}
