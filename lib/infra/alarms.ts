import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageSettings } from '../stages.ts';
import { alarmDescription, alarmName, alarmTable, type AlarmEntry, type AlarmNames } from './alarm-table.ts';

export interface AlarmsProps {
  readonly settings: StageSettings;
  readonly names: AlarmNames;
  /** Receives events that the topic did not accept. */
  readonly deadLetters: sqs.IQueue;
}

/** The alarms of a stage and their topic, to which operators subscribe: docs/operations.md. */
export class Alarms extends Construct {
  readonly topic: sns.Topic;
  readonly alarms: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, { settings, names, deadLetters }: AlarmsProps) {
    super(scope, 'Alarms');
    this.topic = new sns.Topic(this, 'Topic', {
      topicName: `adtally-${settings.stage}-alarms`,
      masterKey: topicKey(this),
      enforceSSL: true,
    });
    this.#letAlarmsPublish();
    const action = new SnsAction(this.topic);
    this.alarms = alarmTable(settings, names).map((entry) => {
      const alarm = toAlarm(this, settings, entry);
      alarm.addAlarmAction(action);
      // Also reports the end of an alarm.
      alarm.addOkAction(action);
      return alarm;
    });
    if (settings.streams.increments.mode === 'on-demand') this.#watchDistribution(settings, deadLetters);
  }

  /** The policy that requires TLS replaces the default one, which lets the account's services publish. */
  #letAlarmsPublish(): void {
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }

  /**
   * Kinesis has no metric for its distribution of records over shards, so a rule reports the call that
   * changes it, which CloudTrail records. AUTO would ignore partition keys and break the order that
   * exactly-once counting needs.
   */
  #watchDistribution({ stage }: StageSettings, deadLetterQueue: sqs.IQueue): void {
    new events.Rule(this, 'Distribution', {
      ruleName: `adtally-${stage}-record-distribution`,
      description:
        'Someone changes the record distribution of a stream. Runbook: docs/operations.md#record-distribution',
      eventPattern: {
        source: ['aws.kinesis'],
        detailType: ['AWS API Call via CloudTrail'],
        detail: { eventName: ['UpdateStreamRecordDistributionStrategy'] },
      },
      targets: [new targets.SnsTopic(this.topic, { deadLetterQueue })],
    });
  }
}

function toAlarm(scope: Construct, settings: StageSettings, entry: AlarmEntry): cloudwatch.Alarm {
  const { metric, silence } = entry;
  return new cloudwatch.Alarm(scope, [entry.section, entry.subject].filter(Boolean).join('-'), {
    alarmName: alarmName(settings, entry),
    alarmDescription: alarmDescription(entry),
    metric: new cloudwatch.Metric({
      namespace: metric.namespace,
      metricName: metric.name,
      dimensionsMap: metric.dimensions,
      statistic: entry.statistic,
      period: Duration.seconds(entry.periodSeconds),
    }),
    threshold: entry.threshold,
    comparisonOperator: silence
      ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
      : cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: entry.periods,
    datapointsToAlarm: entry.periods,
    treatMissingData: silence
      ? cloudwatch.TreatMissingData.BREACHING
      : cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

/** Our own key: CloudWatch may not use the one that AWS manages for SNS, so its alarms would be lost. */
function topicKey(scope: Construct): kms.Key {
  const key = new kms.Key(scope, 'TopicKey', {
    description: 'Encrypts alarm messages',
    enableKeyRotation: true,
  });
  for (const service of ['cloudwatch.amazonaws.com', 'events.amazonaws.com']) {
    key.grant(new iam.ServicePrincipal(service), 'kms:Decrypt', 'kms:GenerateDataKey*');
  }
  return key;
}
