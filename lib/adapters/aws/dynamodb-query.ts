import type { QueryCommandInput } from '@aws-sdk/client-dynamodb';
import type { QueryRange } from '../../ports/state-store.ts';
import { compareUtf8 } from '../items/utf8.ts';
import { toSortKey } from './item-marshalling.ts';

/** DynamoDB refuses a range with its lower bound above its upper bound. */
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
 * A key condition allows one comparison of the sort key, and BETWEEN includes its lower bound. The next
 * possible text is the same text followed by U+0000, so that is the lower bound that excludes `after`.
 */
function sortKeyBounds({ after, through }: QueryRange): { from: string | undefined; condition: string } {
  const from = after === undefined ? undefined : `${toSortKey(after)}\u0000`;
  if (from === undefined) return { from, condition: through === undefined ? '' : 'sk <= :through' };
  return { from, condition: through === undefined ? 'sk >= :from' : 'sk BETWEEN :from AND :through' };
}
