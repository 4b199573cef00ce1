import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { backoffMs } from '../../core/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { StateStoreError, type Attributes, type ItemKey, type TableName } from '../../ports/state-store.ts';
import { awsBackoff } from './aws-call.ts';
import { fromItem, toKey, type DynamodbItem } from './item-marshalling.ts';

export interface BatchReader {
  readonly client: DynamoDBClient;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly ids: Pick<Ids, 'random'>;
  readonly tableOf: (table: TableName) => string;
  readonly call: <T>(attempt: (abortSignal: AbortSignal) => Promise<T>) => Promise<T>;
}

type Requested = NonNullable<BatchGetItemCommandInput['RequestItems']>;

/** Calls for one batch. An answer holds 16 MB, so that 100 items of 400 KB take three; the rest is for throttling. */
const roundsMax = 8;

/** Reads up to 100 items, asking again for those that DynamoDB left out. */
export async function readBatch(
  keys: readonly ItemKey[],
  reader: BatchReader,
): Promise<readonly (Attributes | undefined)[]> {
  const found = new Map<string, Attributes>();
  let requested = toRequest(keys, reader.tableOf);
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

function toRequest(keys: readonly ItemKey[], tableOf: BatchReader['tableOf']): Requested {
  const request: Record<string, { ConsistentRead: true; Keys: DynamodbItem[] }> = {};
  for (const key of keys) {
    const table = tableOf(key.table);
    request[table] ??= { ConsistentRead: true, Keys: [] };
    request[table].Keys.push(toKey(key));
  }
  return request;
}

function itemText(table: string, { pk, sk }: DynamodbItem): string {
  return JSON.stringify([table, pk?.S, sk?.S]);
}
