import { Duration } from 'aws-cdk-lib';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { DeliverySettings } from '../stages.ts';
import type { PipelineFunction } from './pipeline-function.ts';

/** What a mapping does to its stream. CDK's grantRead would add the use of the stream's key (customer-key.ts). */
const readActions = [
  'DescribeStreamSummary',
  'GetRecords',
  'GetShardIterator',
  'ListShards',
  'SubscribeToShard',
  'DescribeStream',
  'ListStreams',
  'DescribeStreamConsumer',
].map((action) => `kinesis:${action}`);

/**
 * The event source mapping from a stream to its consumer. It retries for almost the whole retention of the
 * log, because only the handler may give up a record. A batch that kills the function during all that time
 * goes to the failure destination.
 */
export function deliver(
  stream: kinesis.Stream,
  consumer: PipelineFunction,
  settings: DeliverySettings,
  failures: s3.Bucket,
): lambda.EventSourceMapping {
  consumer.allow(readActions, [stream.streamArn]);
  consumer.allow(['s3:PutObject'], [failures.arnForObjects('aws/lambda/*')]);
  consumer.allow(['s3:ListBucket'], [failures.bucketArn]);
  return consumer.function.addEventSourceMapping('Delivery', {
    eventSourceArn: stream.streamArn,
    startingPosition: lambda.StartingPosition.TRIM_HORIZON,
    batchSize: settings.batchSize,
    maxBatchingWindow: Duration.seconds(Math.ceil(settings.maximumBatchingWindowSeconds)),
    parallelizationFactor: settings.parallelizationFactor,
    ...(settings.maximumRetryAttempts >= 0 ? { retryAttempts: settings.maximumRetryAttempts } : {}),
    maxRecordAge: Duration.seconds(settings.maximumRecordAgeSeconds),
    bisectBatchOnError: settings.bisectBatchOnFunctionError,
    reportBatchItemFailures: true,
    // They include the number of records in the failure destination, which an alarm watches.
    metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
    // Configured directly, because CDK's S3OnFailureDestination lets the function read and delete the whole
    // bucket.
    onFailure: { bind: () => ({ destination: failures.bucketArn }) },
  });
}
