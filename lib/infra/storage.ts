import { CfnResource, Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import {
  archivePrefix,
  auditPrefix,
  failureFilePrefix,
  quarantinePrefix,
  snapshotPrefix,
} from '../aws-names.ts';
import { assert } from '../core/assert.ts';
import type { StageSettings, TableName, Throughput } from '../stages.ts';
import { coldAfterDays, isArchiveCold } from './archive-storage.ts';
import type { CustomerKey } from './customer-key.ts';
import { dataRemoval } from './data-removal.ts';
import { logRetention } from './log-retention.ts';

/** The five tables of the state store and the bucket of the quarantine. */
export class Storage extends Construct {
  readonly ads: dynamodb.TableV2;
  readonly counters: dynamodb.TableV2;
  readonly requests: dynamodb.TableV2;
  readonly tokens: dynamodb.TableV2;
  readonly delivery: dynamodb.TableV2;
  /**
   * Quarantined records under `quarantine/`; batches that a mapping gave up under `aws/lambda/`; books of the
   * audit under `audit/`; chunks of snapshots under `snapshots/`.
   */
  readonly quarantine: s3.Bucket;
  /** Parts of the log of increments, and the archiver's book; undefined: the stage has no archive. */
  readonly archive: s3.Bucket | undefined;

  constructor(scope: Construct, settings: StageSettings, customerKey?: CustomerKey) {
    super(scope, 'Storage');
    const key = customerKey?.encrypting;
    const removalPolicy = dataRemoval(settings);
    const table = (name: Capitalize<TableName>): dynamodb.TableV2 => {
      const { warm, most } = settings.cloud.tables?.[name.toLowerCase() as TableName] ?? {};
      return new dynamodb.TableV2(this, name, {
        partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
        sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
        billing: dynamodb.Billing.onDemand(atMost(most)),
        ...(warm && { warmThroughput: atOnce(warm) }),
        encryption: dynamodb.TableEncryptionV2.dynamoOwnedKey(),
        pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
        timeToLiveAttribute: 'expires_at',
        removalPolicy,
      });
    };
    this.ads = table('Ads');
    this.counters = table('Counters');
    this.requests = table('Requests');
    this.tokens = table('Tokens');
    this.delivery = table('Delivery');
    if (key !== undefined) {
      for (const each of [this.ads, this.counters, this.requests, this.tokens, this.delivery])
        encryptTable(each, key);
    }
    this.quarantine = new s3.Bucket(this, 'Quarantine', {
      ...encryptionOf(key),
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        // A day longer than skip items live, so that an allowed redrive always finds its payload.
        ...[quarantinePrefix, failureFilePrefix, auditPrefix].map((prefix) => ({
          prefix,
          expiration: Duration.days(settings.quarantineRetentionDays + 1),
          // Each run of the audit replaces its book.
          noncurrentVersionExpiration: Duration.days(
            prefix === auditPrefix ? 1 : settings.quarantineRetentionDays + 1,
          ),
        })),
        // The projector removes them: no age of a chunk says that its snapshot is not the newest.
        {
          prefix: snapshotPrefix,
          noncurrentVersionExpiration: Duration.days(1),
          expiredObjectDeleteMarker: true,
        },
      ],
      removalPolicy,
      autoDeleteObjects: settings.cloud.emptyOnRemoval,
    });
    this.archive = settings.archive.everyMinutes > 0 ? this.#archive(settings, key) : undefined;
  }

  #archive({ archive, streams, cloud }: StageSettings, key: kms.Key | undefined): s3.Bucket {
    const { keepDays } = archive;
    assert(
      keepDays * 24 > streams.increments.retentionHours,
      'an archive that is kept no longer than its log would never be read',
    );
    return new s3.Bucket(this, 'Archive', {
      ...encryptionOf(key),
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [
        {
          prefix: archivePrefix('increments'),
          expiration: Duration.days(keepDays),
          // S3 leaves objects below 128 KB where they are.
          ...(isArchiveCold({ archive }) && {
            transitions: [
              {
                storageClass: s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
                transitionAfter: Duration.days(coldAfterDays),
              },
            ],
          }),
        },
      ],
      removalPolicy: dataRemoval({ cloud }),
      autoDeleteObjects: cloud.emptyOnRemoval,
    });
  }
}

/** With a bucket key, S3 asks KMS once for many objects. */
function encryptionOf(key: kms.Key | undefined): Partial<s3.BucketProps> {
  return key === undefined
    ? { encryption: s3.BucketEncryption.S3_MANAGED }
    : { encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true };
}

/**
 * S3 deletes no bucket that holds something, and the audit writes its book within hours. So a stage that keeps nothing
 * has CDK's function that empties the bucket at `cdk destroy`. CDK gives it a managed policy by which it creates a log
 * group that stays; here it gets a group that goes with the stack, and may write that alone. All buckets of a stack
 * share that function, so only a stack without others may do this.
 */
export function confineEmptying({
  quarantineBucket: bucket,
  settings,
  encryptionKey,
}: {
  readonly quarantineBucket: s3.Bucket;
  readonly settings: StageSettings;
  readonly encryptionKey: kms.Key | undefined;
}): void {
  const provider = Stack.of(bucket).node.findChild('Custom::S3AutoDeleteObjectsCustomResourceProvider');
  const logGroup = new logs.LogGroup(bucket, 'EmptyingLogs', {
    logGroupName: `/adtally/${settings.stage}/empty-quarantine`,
    retention: logRetention(settings),
    ...(encryptionKey && { encryptionKey }),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = resourceOf(provider, 'Role');
  role.addPropertyDeletionOverride('ManagedPolicyArns');
  role.addPropertyOverride('Policies', [
    {
      PolicyName: 'Logs',
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: Fn.getAtt((logGroup.node.defaultChild as logs.CfnLogGroup).logicalId, 'Arn'),
          },
        ],
      },
    },
  ]);
  resourceOf(provider, 'Handler').addPropertyOverride('LoggingConfig', {
    LogGroup: logGroup.logGroupName,
  });
}

function atMost({ reads, writes }: Throughput = {}): dynamodb.MaxThroughputProps {
  return {
    ...(reads !== undefined && { maxReadRequestUnits: reads }),
    ...(writes !== undefined && { maxWriteRequestUnits: writes }),
  };
}

function atOnce({ reads, writes }: Throughput): dynamodb.WarmThroughput {
  return {
    ...(reads !== undefined && { readUnitsPerSecond: reads }),
    ...(writes !== undefined && { writeUnitsPerSecond: writes }),
  };
}

/** CDK's TableEncryptionV2 takes a key only in a stack whose region is known when it is synthesised. */
function encryptTable(table: dynamodb.TableV2, key: kms.Key): void {
  const resource = table.node.defaultChild as dynamodb.CfnGlobalTable;
  resource.addPropertyOverride('SSESpecification', { SSEEnabled: true, SSEType: 'KMS' });
  resource.addPropertyOverride('Replicas.0.SSESpecification', { KMSMasterKeyId: key.keyArn });
}

function resourceOf(parent: IConstruct, id: string): CfnResource {
  const found = parent.node.findChild(id);
  if (!CfnResource.isCfnResource(found)) throw new Error(`${id} is no resource`);
  return found;
}
