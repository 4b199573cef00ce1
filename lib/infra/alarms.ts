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
  /** Takes what the topic would not. */
  readonly deadLetters: sqs.IQueue;
}

/** The alarms of a stage, and the topic they tell. Who is to be woken subscribes to it: docs/operations.md. */
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
      // That it is over is worth knowing too.
      alarm.addOkAction(action);
      return alarm;
    });
    if (settings.streams.increments.mode === 'on-demand') this.#watchDistribution(settings, deadLetters);
  }

  /** The policy that demands TLS has taken the place of the one that lets the account's services publish. */
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
   * Kinesis has no metric for how it spreads records over shards, so the call that changes it is told, which
   * CloudTrail passes on: AUTO would ignore partition keys, and with them the order that counting once rests on.
   */
  #watchDistribution({ stage }: StageSettings, deadLetterQueue: sqs.IQueue): void {
    new events.Rule(this, 'Distribution', {
      ruleName: `adtally-${stage}-record-distribution`,
      description:
        'Somebody changes how a stream spreads its records. Runbook: docs/operations.md#record-distribution',
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

/** A key of our own: CloudWatch may not use the one that AWS manages for SNS, and its alarms would say nothing. */
function topicKey(scope: Construct): kms.Key {
  const key = new kms.Key(scope, 'TopicKey', {
    description: 'Encrypts what the alarms say',
    enableKeyRotation: true,
  });
  for (const service of ['cloudwatch.amazonaws.com', 'events.amazonaws.com']) {
    key.grant(new iam.ServicePrincipal(service), 'kms:Decrypt', 'kms:GenerateDataKey*');
  }
  return key;
}
