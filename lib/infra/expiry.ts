import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageSettings } from '../stages.ts';
import type { CustomerKey } from './customer-key.ts';
import type { PipelineFunction } from './pipeline-function.ts';

/** Minutes between sweeps for ads whose schedule never fired. */
const sweepMinutes = 5;

/** One-time schedules that invoke expire-ad, and the sweep as a fallback. */
export class Expiry extends Construct {
  readonly group: scheduler.ScheduleGroup;
  /** The role that EventBridge Scheduler assumes to invoke expire-ad. */
  readonly invokeRole: iam.Role;
  /** Invocations that failed for a day. The sweep does their work, so nothing is lost. */
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, settings: StageSettings, customerKey?: CustomerKey) {
    super(scope, 'Expiry');
    const key = customerKey?.encrypting;
    this.group = new scheduler.ScheduleGroup(this, 'Group', {
      scheduleGroupName: `adtally-${settings.stage}`,
      // Nothing is lost with its schedules: the sweep expires what they would have.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      ...(key
        ? { encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key }
        : { encryption: sqs.QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.invokeRole = new iam.Role(this, 'InvokeRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    this.invokeRole.addToPolicy(
      new iam.PolicyStatement({
        actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
        resources: [this.deadLetters.queueArn],
      }),
    );
  }

  /** The ARN pattern of the group's schedules, for policies. */
  get scheduleArns(): string {
    return Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule',
      resourceName: `${this.group.scheduleGroupName}/*`,
    });
  }

  /** `setBy` sets and clears schedules whose target is `target`. */
  allowScheduling(setBy: PipelineFunction, target: PipelineFunction): void {
    this.invokeRole.addToPolicy(
      new iam.PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [target.function.functionArn],
      }),
    );
    setBy.allow(['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'], [this.scheduleArns]);
    setBy.role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.invokeRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    );
  }

  sweepWith(sweeper: PipelineFunction): void {
    this.#invoke('Sweep', sweeper, sweepMinutes, 'Expires ads whose schedule did not fire');
  }

  /** `minutes`: 0: never. */
  auditWith(auditor: PipelineFunction, minutes: number): void {
    if (minutes > 0) this.#invoke('Audit', auditor, minutes, 'Compares every counter with the log');
  }

  archiveWith(archiver: PipelineFunction, minutes: number): void {
    this.#invoke('Archive', archiver, minutes, 'Copies the log of increments to the archive');
  }

  /** `minutes`: 0: never. `after`: what must know the canary's records before the first of them is sent. */
  runCanaryWith(canary: PipelineFunction, minutes: number, after: PipelineFunction): void {
    if (minutes === 0) return;
    const rule = this.#invoke('Canary', canary, minutes, 'Sends an increment and reads it back');
    rule.node.addDependency(after);
  }

  #invoke(id: string, target: PipelineFunction, minutes: number, description: string): events.Rule {
    return new events.Rule(this, id, {
      description,
      schedule: events.Schedule.rate(Duration.minutes(minutes)),
      targets: [
        new targets.LambdaFunction(target.function, {
          deadLetterQueue: this.deadLetters,
          retryAttempts: 2,
          maxEventAge: Duration.minutes(minutes),
        }),
      ],
    });
  }
}
