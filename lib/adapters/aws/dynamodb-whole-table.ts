import { DescribeTableCommand, ScanCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { assert } from '../../core/assert.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { TableName } from '../../ports/state-store.ts';
import type { TableItem, WholeTable } from '../../ports/whole-table.ts';
import { AwsCallError, callAws } from './aws-call.ts';
import { toStateError } from './dynamodb-failures.ts';
import { createDynamodbStateStore } from './dynamodb-state-store.ts';
import { fromItem, fromSortKey, type DynamodbItem } from './item-marshalling.ts';

export interface DynamodbWholeTableOptions {
  readonly client: DynamoDBClient;
  readonly table: TableName;
  /** The table's name in AWS. */
  readonly name: string;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly ids: Pick<Ids, 'nonce' | 'random'>;
}

const policy = { repeatable: true, deadlineMs: 60_000 };

/**
 * Opens one of our tables under any name, for instance a restored one. Rejects with an Error for the operator
 * if the table does not exist, is not ready, or has other keys.
 */
export async function openDynamodbWholeTable(options: DynamodbWholeTableOptions): Promise<WholeTable> {
  await assertOurs(options);
  const { table, name } = options;
  return {
    store: createDynamodbStateStore({ ...options, tables: { [table]: name } }),
    pages: () => scan(options),
  };
}

async function assertOurs(options: DynamodbWholeTableOptions): Promise<void> {
  const { client, name } = options;
  try {
    const { Table: found } = await callAws(options, policy, (abortSignal) =>
      client.send(new DescribeTableCommand({ TableName: name }), { abortSignal }),
    );
    const keys = (found?.KeySchema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`);
    if (keys.sort().join() !== 'pk HASH,sk RANGE') throw new Error(`the table ${name} has other keys`);
    if (found?.TableStatus !== 'ACTIVE')
      throw new Error(`the table ${name} is ${found?.TableStatus ?? 'in no state'}: wait until it is ACTIVE`);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    throw new Error(`the table ${name} cannot be read: ${error.message}`, { cause: error });
  }
}

/** A page of a scan has at most 1 MB. */
async function* scan(options: DynamodbWholeTableOptions): AsyncGenerator<readonly TableItem[]> {
  const { client, name } = options;
  let from: DynamodbItem | undefined;
  do {
    const ExclusiveStartKey = from;
    const output = await callAws(options, policy, (abortSignal) =>
      client.send(
        new ScanCommand({
          TableName: name,
          ConsistentRead: true,
          ...(ExclusiveStartKey && { ExclusiveStartKey }),
        }),
        { abortSignal },
      ),
    ).catch((error: unknown) => {
      throw toStateError(error);
    });
    yield (output.Items ?? []).map((item) => toTableItem(options.table, item));
    from = output.LastEvaluatedKey;
  } while (from !== undefined);
}

function toTableItem(table: TableName, item: DynamodbItem): TableItem {
  const pk = item['pk']?.S;
  assert(pk !== undefined, 'an item has no partition key');
  return { key: { table, pk, sk: fromSortKey(item['sk']) }, attributes: fromItem(item) ?? {} };
}
