import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { metricDimensions, metricNamespace } from '../aws-names.ts';
import { metrics, type Metric } from '../core/metrics.ts';
import type { FunctionName, StageSettings } from '../stages.ts';

/**
 * The last good version is kept, and those before it, for a rollback; each takes a few hundred kilobytes. But a
 * version whose deployment fails is deleted with it: Lambda would refuse to publish the same code once more, so
 * the deployment could never be repeated.
 */
export const keptVersions: lambda.VersionOptions = {
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
};

/**
 * What sends a release back, per minute of its first five. During an outage of the store a good release must
 * wait: its functions answer errors, or ads from a catalog that falls behind.
 */
const sentBackAt = { crashes: 1, errorAnswers: 20, staleAnswers: 20 } as const;

/**
 * Gradual releases: a new version of a request function gets a tenth of the calls for five minutes, then all
 * of them; if one of its alarms triggers meanwhile, all calls go back to the previous version and the
 * deployment fails. A version of query-ads gets none before it is warm.
 */
export class Releases extends Construct {
  readonly role: iam.Role;
  readonly #application: codedeploy.LambdaApplication;
  readonly #settings: StageSettings;
  readonly #groups = new Map<
    FunctionName,
    { readonly group: codedeploy.LambdaDeploymentGroup; readonly alias: lambda.Alias }
  >();

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
    const group = new codedeploy.LambdaDeploymentGroup(scope, 'Release', {
      application: this.#application,
      alias,
      role: this.role,
      deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms: [
        this.#crashes(scope, name, alias),
        this.#answers(scope, name, 'error-answers', {
          metric: metrics.requestErrors,
          threshold: sentBackAt.errorAnswers,
        }),
        // Its catalog falls behind.
        ...(name === 'query-ads'
          ? [
              this.#answers(scope, name, 'stale-answers', {
                metric: metrics.catalogStaleServed,
                threshold: sentBackAt.staleAnswers,
              }),
            ]
          : []),
      ],
      autoRollback: { deploymentInAlarm: true, failedDeployment: true, stoppedDeployment: true },
    });
    this.#groups.set(name, { group, alias });
  }

  /** CodeDeploy invokes `hook` before a new version of `name` gets calls, and waits for its report. */
  holdUntil(name: FunctionName, hook: Construct & { readonly function: lambda.IFunction }): void {
    const found = this.#groups.get(name);
    if (found === undefined) throw new Error(`no release of ${name}`);
    found.group.addPreHook(hook.function);
    // CodeDeploy may invoke the hook, and the hook may act, before the alias is moved.
    found.alias.node.addDependency(hook, this.role);
  }

  /** A request function answers its own failures, so a Lambda error is a time-out or a broken bundle. */
  #crashes(scope: Construct, name: FunctionName, alias: lambda.Alias): cloudwatch.Alarm {
    return this.#alarm(scope, 'crashes', name, {
      metric: alias.metricErrors({ period: Duration.minutes(1), statistic: 'Sum' }),
      threshold: sentBackAt.crashes,
    });
  }

  #answers(
    scope: Construct,
    name: FunctionName,
    what: string,
    { metric, threshold }: { readonly metric: Metric; readonly threshold: number },
  ): cloudwatch.Alarm {
    return this.#alarm(scope, what, name, {
      metric: new cloudwatch.Metric({
        namespace: metricNamespace,
        metricName: metric,
        dimensionsMap: {
          [metricDimensions.stage]: this.#settings.stage,
          [metricDimensions.functionName]: name,
        },
        period: Duration.minutes(1),
        statistic: 'Sum',
      }),
      threshold,
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
