import { Duration } from 'aws-cdk-lib';
import type * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { DeliverySettings } from '../stages.ts';
import type { PipelineFunction } from './pipeline-function.ts';

/**
 * The event source mapping from a stream to its consumer. It retries until a record is almost as old as the log
 * keeps it: giving up on a record is the handler's decision alone. What kills the function itself, again and again
 * for all that time, lands whole in the failure destination.
 */
export function deliver(
  stream: kinesis.Stream,
  consumer: PipelineFunction,
  settings: DeliverySettings,
  failures: s3.Bucket,
): lambda.EventSourceMapping {
  stream.grantRead(consumer.role);
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
    // Among them how many records the failure destination got, which an alarm watches.
    metricsConfig: { metrics: [lambda.MetricType.EVENT_COUNT] },
    // Bound by hand: CDK's S3OnFailureDestination lets the function read and delete the whole bucket.
    onFailure: { bind: () => ({ destination: failures.bucketArn }) },
  });
}
