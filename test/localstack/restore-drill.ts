import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBackupCommand,
  DescribeTableCommand,
  DynamoDBClient,
  RestoreTableFromBackupCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** The steps of docs/operations.md, "Back up and restore", that are AWS's own, for one table. */
export interface RestoreDrill {
  /** Resolves to the name of a table with the items of this instant. */
  keepCopy(): Promise<string>;
  setConsumer(state: 'Enabled' | 'Disabled'): Promise<void>;
  /** Delivers the whole log again, by a mapping of its own beside the stopped one; `stop` removes it. */
  replay(): Promise<{ stop(): Promise<void> }>;
  close(): void;
}

export function restoreDrill(endpoint: string, table: string, mappingId: string): RestoreDrill {
  const dynamodb = new DynamoDBClient({ endpoint, requestHandler: new NodeHttpHandler() });
  const lambda = new LambdaClient({ endpoint, requestHandler: new NodeHttpHandler() });
  return {
    async keepCopy() {
      const name = `${table}-restored`;
      const { BackupDetails: backup } = await dynamodb.send(
        new CreateBackupCommand({ TableName: table, BackupName: 'drill' }),
      );
      await dynamodb.send(
        new RestoreTableFromBackupCommand({ BackupArn: backup?.BackupArn, TargetTableName: name }),
      );
      for (;;) {
        const { Table: restored } = await dynamodb.send(new DescribeTableCommand({ TableName: name }));
        if (restored?.TableStatus === 'ACTIVE') return name;
        await sleep(200);
      }
    },
    async setConsumer(state) {
      await lambda.send(
        new UpdateEventSourceMappingCommand({ UUID: mappingId, Enabled: state === 'Enabled' }),
      );
      while ((await lambda.send(new GetEventSourceMappingCommand({ UUID: mappingId }))).State !== state) {
        await sleep(200);
      }
    },
    async replay() {
      const own = await lambda.send(new GetEventSourceMappingCommand({ UUID: mappingId }));
      const { UUID } = await lambda.send(
        new CreateEventSourceMappingCommand({
          FunctionName: own.FunctionArn,
          EventSourceArn: own.EventSourceArn,
          StartingPosition: 'TRIM_HORIZON',
          BatchSize: own.BatchSize,
          FunctionResponseTypes: own.FunctionResponseTypes,
          BisectBatchOnFunctionError: own.BisectBatchOnFunctionError,
        }),
      );
      return {
        async stop() {
          await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
        },
      };
    },
    close() {
      dynamodb.destroy();
      lambda.destroy();
    },
  };
}
