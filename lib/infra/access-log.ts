import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as logs from 'aws-cdk-lib/aws-logs';
import { accessMetrics, accessNamespace } from '../aws-names.ts';
import type { StageName, StageSettings } from '../stages.ts';

/**
 * Caller, call and outcome, without query strings and path parameters, because keys are user data. A stage has one
 * format for all calls: where people's browsers report what they saw, it has no addresses.
 */
export function accessLogFormat({ delivery }: Pick<StageSettings, 'delivery'>): string {
  return JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTimeEpoch',
    method: '$context.httpMethod',
    resource: '$context.resourcePath',
    status: '$context.status',
    latencyMs: '$context.responseLatency',
    integrationMs: '$context.integrationLatency',
    responseBytes: '$context.responseLength',
    ...(!delivery.accepts && { address: '$context.identity.sourceIp' }),
    principal: '$context.authorizer.principalId',
    token: '$context.authorizer.tokenId',
    error: '$context.error.responseType',
    trace: '$context.xrayTraceId',
  });
}

/**
 * What each metric counts. API Gateway's own 5XXError misses most outages: an answer that it makes itself, with a
 * status that we chose (gateway-responses.ts), counts as 4XXError whatever that status is. All values of the log are
 * texts. An authorizer that refuses a token has the type UNAUTHORIZED, which is no error of the authorizer.
 */
const filters = [
  // Both of one metric, so that its average is the share of the failed calls.
  { id: 'Failed', metricName: accessMetrics.errorAnswers, pattern: '{ $.status = "5*" }', value: '1' },
  { id: 'Others', metricName: accessMetrics.errorAnswers, pattern: '{ $.status != "5*" }', value: '0' },
  {
    ...{ id: 'AuthorizerErrors', metricName: accessMetrics.authorizerErrors },
    ...{ pattern: '{ $.error = "AUTHORIZER_*" }', value: '1' },
  },
  {
    ...{ id: 'IntegrationErrors', metricName: accessMetrics.integrationErrors },
    ...{ pattern: '{ $.error = "INTEGRATION_*" }', value: '1' },
  },
] as const;

/** Counts lines of the access log. A metric costs nothing in hours in which no line is counted. */
export function countAccessLog(group: logs.LogGroup, stage: StageName): void {
  for (const { id, metricName, pattern, value } of filters) {
    new logs.MetricFilter(group, id, {
      logGroup: group,
      filterPattern: logs.FilterPattern.literal(pattern),
      metricNamespace: accessNamespace(stage),
      metricName,
      metricValue: value,
      unit: cloudwatch.Unit.COUNT,
    });
  }
}
