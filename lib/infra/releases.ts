import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { lambdaName, liveAlias, metricDimensions, metricNamespace } from '../aws-names.ts';
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
 * What sends a release back: shares of the calls of the new version, a minute. Answers count from the third on, so that
 * one caller's bad luck in a quiet minute is no verdict. During an outage of the store a good release must wait: its
 * functions answer errors, or ads from a catalog that falls behind.
 */
const sentBackAt = { crashes: 0.01, errorAnswers: 0.05, staleAnswers: 0.05, authorizerCrashes: 0.1 } as const;
const answersMin = 3;

/**
 * Gradual releases: a new version of a request function, or of the authorizer, gets a tenth of the calls for
 * five minutes, then all of them; if one of its alarms triggers meanwhile, all calls go back to the previous
 * version and the deployment fails. A version of query-ads gets none before it is warm.
 */
export class Releases extends Construct {
  readonly role: iam.Role;
  readonly #application: codedeploy.LambdaApplication;
  readonly #settings: StageSettings;
  readonly #ignoreAlarms: boolean;
  readonly #groups = new Map<
    FunctionName,
    { readonly group: codedeploy.LambdaDeploymentGroup; readonly alias: lambda.Alias }
  >();

  /** `ignoreAlarms`: a release goes through whatever its alarms say. */
  constructor(scope: Construct, settings: StageSettings, ignoreAlarms: boolean) {
    super(scope, 'Releases');
    this.#settings = settings;
    this.#ignoreAlarms = ignoreAlarms;
    this.#application = new codedeploy.LambdaApplication(this, 'Application', {
      applicationName: `adtally-${settings.stage}`,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('codedeploy.amazonaws.com'),
    });
  }

  /** The alias that callers invoke; `scope` is the function's own construct. */
  follow(scope: Construct, name: FunctionName, alias: lambda.Alias): void {
    const { version } = alias;
    const alarms = [
      this.#crashes(scope, name, version),
      // The authorizer has no answers of its own.
      ...(name === 'authorize-request'
        ? []
        : [
            this.#answers(scope, name, 'error-answers', {
              ...{ metric: metrics.requestErrors, threshold: sentBackAt.errorAnswers, version },
            }),
          ]),
      // Its catalog falls behind.
      ...(name === 'query-ads'
        ? [
            this.#answers(scope, name, 'stale-answers', {
              ...{ metric: metrics.catalogStaleServed, threshold: sentBackAt.staleAnswers, version },
            }),
          ]
        : []),
    ];
    // They must watch the new version before the alias gives it calls.
    alias.node.addDependency(...alarms);
    const group = new codedeploy.LambdaDeploymentGroup(scope, 'Release', {
      application: this.#application,
      alias,
      role: this.role,
      deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
      alarms,
      ignoreAlarmConfiguration: this.#ignoreAlarms,
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
  #crashes(scope: Construct, name: FunctionName, version: lambda.IVersion): cloudwatch.Alarm {
    const lambdaMetric = (metricName: string): cloudwatch.Metric =>
      perMinute('AWS/Lambda', metricName, {
        FunctionName: lambdaName(this.#settings.stage, name),
        Resource: `${lambdaName(this.#settings.stage, name)}:${liveAlias}`,
        ExecutedVersion: version.version,
      });
    const [errors, calls] = [lambdaMetric('Errors'), lambdaMetric('Invocations')];
    if (name !== 'authorize-request') {
      return this.#alarm(scope, 'crashes', name, {
        metric: share('errors / calls', { errors, calls }),
        threshold: sentBackAt.crashes,
      });
    }
    // The authorizer throws for a bad token, which Lambda counts as an error too (functions/authorize-request).
    const refused = this.#own(metrics.tokensRefused, name, version);
    return this.#alarm(scope, 'crashes', name, {
      metric: share(`IF(errors >= ${answersMin}, (errors - FILL(refused, 0)) / calls, 0)`, {
        ...{ errors, refused, calls },
      }),
      threshold: sentBackAt.authorizerCrashes,
    });
  }

  #answers(
    scope: Construct,
    name: FunctionName,
    what: string,
    options: { readonly metric: Metric; readonly threshold: number; readonly version: lambda.IVersion },
  ): cloudwatch.Alarm {
    const { metric, threshold, version } = options;
    const [bad, calls] = [this.#own(metric, name, version), this.#own(metrics.requests, name, version)];
    return this.#alarm(scope, what, name, {
      metric: share(`IF(bad >= ${answersMin}, bad / calls, 0)`, { bad, calls }),
      threshold,
    });
  }

  #own(metric: Metric, name: FunctionName, version: lambda.IVersion): cloudwatch.Metric {
    return perMinute(metricNamespace, metric, {
      [metricDimensions.stage]: this.#settings.stage,
      [metricDimensions.functionName]: name,
      [metricDimensions.version]: version.version,
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

function perMinute(
  namespace: string,
  metricName: string,
  dimensionsMap: Readonly<Record<string, string>>,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    ...{ namespace, metricName, dimensionsMap },
    period: Duration.minutes(1),
    statistic: 'Sum',
  });
}

function share(
  expression: string,
  usingMetrics: Readonly<Record<string, cloudwatch.Metric>>,
): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({ expression, usingMetrics, period: Duration.minutes(1) });
}
