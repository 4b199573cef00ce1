import { Duration } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { assert } from '../core/assert.ts';
import type { StreamName } from '../core/streams.ts';
import type { StageSettings } from '../stages.ts';
import type { CustomerKey } from './customer-key.ts';
import { dataRemoval } from './data-removal.ts';

/**
 * The two event logs. Their names end with the epoch, by which consumers distinguish incarnations of a
 * stream.
 */
export class Streams extends Construct {
  readonly adEvents: kinesis.Stream;
  readonly increments: kinesis.Stream;

  constructor(scope: Construct, settings: StageSettings, customerKey?: CustomerKey) {
    super(scope, 'Streams');
    const key = customerKey?.encrypting;
    assert(
      settings.streams['ad-events'].mode === 'provisioned' && settings.streams['ad-events'].shardCount === 1,
      'ad-events has one shard: one order for all ad changes',
    );
    this.adEvents = this.#stream('AdEvents', 'ad-events', settings, key);
    this.increments = this.#stream('Increments', 'increments', settings, key);
  }

  #stream(id: string, name: StreamName, settings: StageSettings, key: kms.Key | undefined): kinesis.Stream {
    const { mode, shardCount, epoch, retentionHours } = settings.streams[name];
    const onDemand = mode === 'on-demand';
    const stream = new kinesis.Stream(this, id, {
      streamName: `adtally-${settings.stage}-${name}.${epoch}`,
      streamMode: onDemand ? kinesis.StreamMode.ON_DEMAND : kinesis.StreamMode.PROVISIONED,
      ...(onDemand ? {} : { shardCount }),
      retentionPeriod: Duration.hours(retentionHours),
      ...(key
        ? { encryption: kinesis.StreamEncryption.KMS, encryptionKey: key }
        : { encryption: kinesis.StreamEncryption.MANAGED }),
      removalPolicy: dataRemoval(settings),
    });
    if (onDemand) {
      // AUTO would ignore partition keys and so lose the order of a key's records. Provisioned streams have
      // no AUTO.
      (stream.node.defaultChild as kinesis.CfnStream).recordDistributionStrategy = 'USER_PARTITION_KEY';
    }
    return stream;
  }
}
