import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { createApiUsageKeys } from '../adapters/aws/api-usage-keys.ts';
import { clientOptions, s3Addressing } from '../adapters/aws/aws-clients.ts';
import { createDynamodbStateStore } from '../adapters/aws/dynamodb-state-store.ts';
import { openDynamodbWholeTable } from '../adapters/aws/dynamodb-whole-table.ts';
import { createKinesisEventLog } from '../adapters/aws/kinesis-event-log.ts';
import { createKinesisLogHistory } from '../adapters/aws/kinesis-log-history.ts';
import { readFeeds } from '../adapters/aws/lambda-feeds.ts';
import { createS3BlobStore } from '../adapters/aws/s3-blob-store.ts';
import { createS3FailureFiles } from '../adapters/aws/s3-failure-files.ts';
import { createS3LogArchive } from '../adapters/aws/s3-log-archive.ts';
import { createS3Quarantine } from '../adapters/aws/s3-quarantine.ts';
import { createS3StoredBook } from '../adapters/aws/s3-stored-book.ts';
import { readStackOutputs } from '../adapters/aws/stack-outputs.ts';
import { createArchivedHistory } from '../app/archive/archived-history.ts';
import type { Ports } from '../app/ports.ts';
import { archiveBookKey, quarantinePrefix, snapshotPrefix, stackOf } from '../aws-names.ts';
import type { StreamName } from '../core/streams.ts';
import type { LogHistory } from '../ports/log-history.ts';
import type { RestorableTable } from '../ports/restorable-tables.ts';
import type { OpenedStores } from './operator-stage.ts';
import { stageOutputs } from './stage-outputs.ts';

/**
 * A page of a stream has up to 10 MB and an operator's connection may be slow, so this is longer than in a
 * function.
 */
const timeouts = { connectionTimeoutMs: 5000, requestTimeoutMs: 20_000 };

/**
 * Opens the tables, streams and bucket of a stage by the names in the outputs of its stack: `given`, or
 * `adtally-<stage>`. Credentials, Region and an endpoint override come from the environment, as in any AWS
 * tool. Rejects with an Error whose message is for the operator.
 */
export async function openDeployedStage(
  deps: Pick<Ports, 'settings' | 'clock' | 'ids'>,
  given?: string,
): Promise<OpenedStores> {
  const { stage } = deps.settings;
  const stack = given ?? stackOf(stage);
  const outputs = stageOutputs(stage, stack, await readStackOutputs(deps, stack));
  const kinesis = new KinesisClient(clientOptions(timeouts));
  const dynamodb = new DynamoDBClient(clientOptions(timeouts));
  const apiGateway = new APIGatewayClient(clientOptions(timeouts));
  const lambda = new LambdaClient(clientOptions(timeouts));
  const s3 = new S3Client({ ...clientOptions(timeouts), ...s3Addressing() });
  const openLog = (stream: StreamName, streamName: string) => {
    const log = createKinesisEventLog({ ...deps, client: kinesis, stream, streamName });
    return { log, history: createKinesisLogHistory({ ...deps, client: kinesis, log, streamName }) };
  };
  const adEvents = openLog('ad-events', outputs.get('AdEventsStream'));
  const increments = openLog('increments', outputs.get('IncrementsStream'));
  const bucket = outputs.get('QuarantineBucket');
  // Only a stage with an archive has it.
  const archiveBucket = outputs.find('ArchiveBucket');
  const withArchive = ({ log, history }: ReturnType<typeof openLog>): LogHistory => {
    if (archiveBucket === undefined) return history;
    const { stream, epoch } = log;
    const stored = { ...deps, client: s3, bucket: archiveBucket };
    return createArchivedHistory({
      log: history,
      archive: createS3LogArchive({ ...stored, stream, epoch }),
      book: createS3StoredBook({ ...stored, key: archiveBookKey(stream, epoch) }),
      clock: deps.clock,
      retentionMs: deps.settings.streams[stream].retentionHours * 3_600_000,
    });
  };
  // A stack of a release before it has none.
  const deliveryTable = outputs.find('DeliveryTable');
  const tableNames = {
    ads: outputs.get('AdsTable'),
    counters: outputs.get('CountersTable'),
    requests: outputs.get('RequestsTable'),
    tokens: outputs.get('TokensTable'),
    ...(deliveryTable !== undefined && { delivery: deliveryTable }),
  };
  const openTable = (table: RestorableTable, name: string) =>
    openDynamodbWholeTable({ ...deps, client: dynamodb, table, name });
  return {
    state: createDynamodbStateStore({
      ...deps,
      client: dynamodb,
      tables: tableNames,
    }),
    blobs: createS3BlobStore({ ...deps, client: s3, bucket, prefix: snapshotPrefix }),
    quarantine: createS3Quarantine({ ...deps, client: s3, bucket, prefix: quarantinePrefix }),
    adEvents: adEvents.log,
    increments: increments.log,
    histories: { adEvents: adEvents.history, increments: withArchive(increments) },
    failureFiles: createS3FailureFiles({ ...deps, client: s3, bucket }),
    usageKeys: createApiUsageKeys({
      ...deps,
      client: apiGateway,
      stage: deps.settings.stage,
      usagePlanId: outputs.get('UsagePlanId'),
    }),
    backup: undefined,
    tables: {
      live: (table) => openTable(table, tableNames[table]),
      restored(table, name) {
        if (Object.values(tableNames).includes(name))
          throw new Error(`${name} is a live table of this stage`);
        return openTable(table, name);
      },
      feeds: (table) =>
        readFeeds({
          ...deps,
          client: lambda,
          mappingId: outputs.get(table === 'ads' ? 'AdEventsDelivery' : 'IncrementsDelivery'),
        }),
    },
    auditFile: `.adtally-audit-${deps.settings.stage}.ndjson`,
    close() {
      for (const client of [kinesis, dynamodb, s3, apiGateway, lambda]) client.destroy();
      return Promise.resolve();
    },
  };
}
