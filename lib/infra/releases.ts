import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { metricDimensions, metricNamespace } from '../aws-names.ts';
import { metrics } from '../core/metrics.ts';
import type { FunctionName, StageSettings } from '../stages.ts';

/** Old versions are kept for a rollback; each takes a few hundred kilobytes. */
export const keptVersions: lambda.VersionOptions = { removalPolicy: RemovalPolicy.RETAIN };

/** 5xx answers per minute that roll a release back. During an outage a good release must wait. */
const errorAnswersMax = 20;

/**
 * Gradual releases: a new version of a request function gets a tenth of the calls for five minutes, then all
 * of them; if one of its alarms triggers meanwhile, all calls go back to the previous version and the
 * deployment fails.
 */
export class Releases extends Construct {
  readonly role: iam.Role;
  readonly #application: codedeploy.LambdaApplication;
  readonly #settings: StageSettings;

  constructor(scope: Construct, settings: StageSettings) {
    super(scope, 'Releases');
    this.#settings = settings;
    this.#application = new codedeploy.LambdaApplication(this, 'Application', {
      applicationName: `adtally-${settings.stage}`,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('codedeploy.amazonaws.com'),
    });
  }

  /** The alias that callers invoke; `scope` is the function's own construct. */
  follow(scope: Construct, name: FunctionName, alias: lambda.Alias): void {
    new codedeploy.LambdaDeploymentGroup(scope, 'Release', {
      application: this.#application,
      alias,
      role: this.role,
      deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [this.#crashes(scope, name, alias), this.#errorAnswers(scope, name)],
    });
  }

  /** A request function answers its own failures, so a Lambda error is a time-out or a broken bundle. */
  #crashes(scope: Construct, name: FunctionName, alias: lambda.Alias): cloudwatch.Alarm {
    return this.#alarm(scope, 'crashes', name, {
      metric: alias.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' }),
      threshold: 1,
    });
  }

  #errorAnswers(scope: Construct, name: FunctionName): cloudwatch.Alarm {
    return this.#alarm(scope, 'error-answers', name, {
      metric: new cloudwatch.Metric({
        namespace: metricNamespace,
        metricName: metrics.requestErrors,
        dimensionsMap: {
          [metricDimensions.stage]: this.#settings.stage,
          [metricDimensions.functionName]: name,
        },
        period: Duration.minutes(1),
        statistic: 'Sum',
      }),
      threshold: errorAnswersMax,
    });
  }

  /** It sends no notification: it only stops a release, and `api-errors` watches what callers see. */
  #alarm(
    scope: Construct,
    what: string,
    name: FunctionName,
    { metric, threshold }: { readonly metric: cloudwatch.IMetric; readonly threshold: number },
  ): cloudwatch.Alarm {
    return new cloudwatch.Alarm(scope, what, {
      alarmName: `adtally-${this.#settings.stage}-release-${what}-${name}`,
      alarmDescription: 'Rolls a release back. Runbook: docs/operations.md#release-sent-back',
      metric,
      threshold,
      evaluationPeriods: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  }
}
