import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { StageSettings } from '../stages.ts';

/** The four tables of the state store and the bucket of the quarantine. */
export class Storage extends Construct {
  readonly ads: dynamodb.TableV2;
  readonly counters: dynamodb.TableV2;
  readonly requests: dynamodb.TableV2;
  readonly tokens: dynamodb.TableV2;
  /** Quarantined records under `quarantine/`; batches that a mapping gave up under `failures/`. */
  readonly quarantine: s3.Bucket;

  constructor(scope: Construct, settings: StageSettings) {
    super(scope, 'Storage');
    const removalPolicy = settings.cloud.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const table = (name: string): dynamodb.TableV2 =>
      new dynamodb.TableV2(this, name, {
        partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
        sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
        billing: dynamodb.Billing.onDemand(),
        encryption: dynamodb.TableEncryptionV2.dynamoOwnedKey(),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        timeToLiveAttribute: 'expires_at',
        deletionProtection: settings.cloud.retainData,
        removalPolicy,
      });
    this.ads = table('Ads');
    this.counters = table('Counters');
    this.requests = table('Requests');
    this.tokens = table('Tokens');
    this.quarantine = new s3.Bucket(this, 'Quarantine', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          // A day longer than skip items live, so that an allowed redrive always finds its payload.
          expiration: Duration.days(settings.quarantineRetentionDays + 1),
          noncurrentVersionExpiration: Duration.days(settings.quarantineRetentionDays + 1),
        },
      ],
      removalPolicy,
    });
  }
}
