import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type DynamoDBClient,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { backoffMs } from '../../core/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import {
  type Attributes,
  type ItemKey,
  type QueryRange,
  StateStoreError,
  type TableName,
} from '../../ports/state-store.ts';
import { compareUtf8 } from '../items/utf8.ts';
import { awsBackoff } from './aws-call.ts';
import { type DynamodbItem, fromItem, toKey, toSortKey } from './item-marshalling.ts';

export interface BatchReader {
  readonly client: DynamoDBClient;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly strong: boolean;
  readonly tableOf: (table: TableName) => string;
  readonly call: <T>(attempt: (abortSignal: AbortSignal) => Promise<T>) => Promise<T>;
}

type Requested = NonNullable<BatchGetItemCommandInput['RequestItems']>;

/**
 * Calls for one batch. An answer holds 16 MB, so 100 items of 400 KB take three calls; the rest allow for
 * throttling.
 */
const roundsMax = 8;

/** Reads up to 100 items. It requests again those that DynamoDB did not process. */
export async function readBatch(
  keys: readonly ItemKey[],
  reader: BatchReader,
): Promise<readonly (Attributes | undefined)[]> {
  const found = new Map<string, Attributes>();
  let requested = toRequest(keys, reader);
  for (let round = 1; ; round += 1) {
    const RequestItems = requested;
    const output = await reader.call((abortSignal) =>
      reader.client.send(new BatchGetItemCommand({ RequestItems }), { abortSignal }),
    );
    for (const [table, items] of Object.entries(output.Responses ?? {})) {
      for (const item of items) found.set(itemText(table, item), fromItem(item) ?? {});
    }
    requested = output.UnprocessedKeys ?? {};
    if (Object.keys(requested).length === 0) break;
    if (round >= roundsMax) throw new StateStoreError('state-throttled', 'keys left unprocessed');
    await reader.clock.sleep(backoffMs(round, awsBackoff, reader.ids.random()));
  }
  return keys.map((key) => found.get(itemText(reader.tableOf(key.table), toKey(key))));
}

function toRequest(keys: readonly ItemKey[], { tableOf, strong }: BatchReader): Requested {
  const request: Record<string, { ConsistentRead: boolean; Keys: DynamodbItem[] }> = {};
  for (const key of keys) {
    const table = tableOf(key.table);
    request[table] ??= { ConsistentRead: strong, Keys: [] };
    request[table].Keys.push(toKey(key));
  }
  return request;
}

function itemText(table: string, { pk, sk }: DynamodbItem): string {
  return JSON.stringify([table, pk?.S, sk?.S]);
}

/** DynamoDB refuses a range whose bounds are crossed. */
export function isEmptyRange({ after, through }: QueryRange): boolean {
  return after !== undefined && through !== undefined && compareUtf8(after, through) >= 0;
}

export function toQueryInput(range: QueryRange, table: string, strong: boolean): QueryCommandInput {
  const { from, condition } = sortKeyBounds(range);
  return {
    TableName: table,
    ConsistentRead: strong,
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
 * A key condition may hold one comparison of the sort key, and BETWEEN includes its lower bound. No text
 * sorts between `after` and `after` followed by U+0000, so the latter is the lower bound that excludes
 * `after`.
 */
function sortKeyBounds({ after, through }: QueryRange): { from: string | undefined; condition: string } {
  const from = after === undefined ? undefined : `${toSortKey(after)}\u0000`;
  if (from === undefined) return { from, condition: through === undefined ? '' : 'sk <= :through' };
  return { from, condition: through === undefined ? 'sk >= :from' : 'sk BETWEEN :from AND :through' };
}
