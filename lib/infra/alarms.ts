import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as budget from 'aws-cdk-lib/aws-budgets';
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
import {
  alarmDescription,
  alarmName,
  alarmTable,
  combinations,
  type AlarmEntry,
  type AlarmNames,
} from './alarm-table.ts';

export interface AlarmsProps {
  readonly settings: StageSettings;
  readonly names: AlarmNames;
  /** Receives events that the topic did not accept. */
  readonly deadLetters: sqs.IQueue;
}

/** The alarms of a stage and their topic, to which operators subscribe: docs/operations.md. */
export class Alarms extends Construct {
  readonly topic: sns.Topic;
  readonly #key: kms.Key;
  readonly alarms: readonly cloudwatch.IAlarm[];

  constructor(scope: Construct, { settings, names, deadLetters }: AlarmsProps) {
    super(scope, 'Alarms');
    this.#key = topicKey(this);
    this.topic = new sns.Topic(this, 'Topic', {
      topicName: `adtally-${settings.stage}-alarms`,
      masterKey: this.#key,
      enforceSSL: true,
    });
    this.#letAlarmsPublish();
    const action = new SnsAction(this.topic);
    const report = <Alarm extends cloudwatch.AlarmBase>(alarm: Alarm): Alarm => {
      alarm.addAlarmAction(action);
      // Also reports the end of an alarm.
      alarm.addOkAction(action);
      return alarm;
    };
    const made = alarmTable(settings, names).map((entry) => ({
      entry,
      alarm: toAlarm(this, settings, entry),
    }));
    const combined = combinations(settings).map((combination) => {
      const parts = made.filter(({ entry }) => entry.part && entry.section === combination.section);
      return report(toCombination(this, settings, combination, parts));
    });
    const single = made.filter(({ entry }) => !entry.part).map(({ alarm }) => report(alarm));
    this.alarms = [...single, ...combined];
    if (settings.cloud.budgetDollars !== undefined) this.#watchBill(settings, settings.cloud.budgetDollars);
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

  /** AWS Budgets sums up what has the tag of the stage, once that is a cost allocation tag (docs/deploy.md). */
  #watchBill({ stage }: StageSettings, dollars: number): void {
    const budgets = new iam.ServicePrincipal('budgets.amazonaws.com');
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [budgets],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    this.#key.grant(budgets, 'kms:Decrypt', 'kms:GenerateDataKey*');
    const at = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
      notification: { notificationType, threshold, comparisonOperator: 'GREATER_THAN' },
      subscribers: [{ subscriptionType: 'SNS', address: this.topic.topicArn }],
    });
    new budget.CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `adtally-${stage}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: dollars, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:adtally:stage$${stage}`] },
      },
      notificationsWithSubscribers: [at('ACTUAL', 80), at('ACTUAL', 100), at('FORECASTED', 100)],
    });
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
  const { silence } = entry;
  return new cloudwatch.Alarm(scope, [entry.section, entry.subject].filter(Boolean).join('-'), {
    alarmName: alarmName(settings, entry),
    alarmDescription: alarmDescription(entry),
    metric: metricOf(entry),
    threshold: entry.threshold,
    comparisonOperator: silence
      ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
      : cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: entry.outOf ?? entry.periods,
    datapointsToAlarm: entry.periods,
    treatMissingData: silence
      ? cloudwatch.TreatMissingData.BREACHING
      : cloudwatch.TreatMissingData.NOT_BREACHING,
  });
}

function metricOf(entry: AlarmEntry): cloudwatch.IMetric {
  const { statistic, shareOf } = entry;
  const period = Duration.seconds(entry.periodSeconds);
  const read = ({ namespace, name, dimensions }: AlarmEntry['metric']): cloudwatch.Metric =>
    new cloudwatch.Metric({ namespace, metricName: name, dimensionsMap: dimensions, statistic, period });
  if (shareOf === undefined) return read(entry.metric);
  // Without FILL there is no value, and no alarm, where the whole is missing.
  return new cloudwatch.MathExpression({
    expression: `IF(part >= ${shareOf.least}, part / FILL(whole, 1), 0)`,
    usingMetrics: { part: read(entry.metric), whole: read(shareOf.metric) },
    period,
  });
}

function toCombination(
  scope: Construct,
  settings: StageSettings,
  combination: Pick<AlarmEntry, 'section' | 'reason'>,
  parts: readonly { readonly alarm: cloudwatch.Alarm }[],
): cloudwatch.CompositeAlarm {
  return new cloudwatch.CompositeAlarm(scope, combination.section, {
    compositeAlarmName: alarmName(settings, combination),
    alarmDescription: alarmDescription(combination),
    alarmRule: cloudwatch.AlarmRule.allOf(
      ...parts.map(({ alarm }) => cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM)),
    ),
  });
}

/** Our own key: CloudWatch may not use the one that AWS manages for SNS, so its alarms would be lost. */
function topicKey(scope: Construct): kms.Key {
  const key = new kms.Key(scope, 'TopicKey', {
    description: 'Encrypts alarm messages',
    enableKeyRotation: true,
    // Messages are on their way for seconds: nothing that it encrypted is kept.
    removalPolicy: RemovalPolicy.DESTROY,
    pendingWindow: Duration.days(7),
  });
  for (const service of ['cloudwatch.amazonaws.com', 'events.amazonaws.com']) {
    key.grant(new iam.ServicePrincipal(service), 'kms:Decrypt', 'kms:GenerateDataKey*');
  }
  return key;
}
