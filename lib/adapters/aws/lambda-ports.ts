import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { environmentNames, lambdaName } from '../../aws-names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ExpirySchedule } from '../../ports/expiry-schedule.ts';
import type { Ids } from '../../ports/ids.ts';
import type { SpanAttributes } from '../../ports/spans.ts';
import type { StatsSource } from '../../ports/pipeline-stats.ts';
import type { StateStore, TableName } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { traced } from '../tracing/traced-ports.ts';
import { clientOptions } from './aws-clients.ts';
import type { MeasuredStage } from './cloudwatch-figures.ts';
import { createCloudwatchStats } from './cloudwatch-stats.ts';
import { createDynamodbStateStore } from './dynamodb-state-store.ts';
import { createEventbridgeExpirySchedule } from './eventbridge-expiry-schedule.ts';
import { readArn, readVariable } from './lambda-environment.ts';
import { inInvocation } from './lambda-invocation.ts';
import { createLambdaReleases, type LambdaReleasesOptions } from './lambda-releases.ts';
import { createLambdaTelemetry } from './lambda-telemetry.ts';
import { createLambdaTracer } from './lambda-tracer.ts';

/** The ports of every function. */
export function lambdaBasics(
  functionName: string,
  stage: string,
): { clock: Clock; ids: Ids; telemetry: Telemetry } {
  return {
    clock: systemClock,
    ids: systemIds,
    telemetry: createLambdaTelemetry({
      ...{ stage, functionName, clock: systemClock },
      version: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
    }),
  };
}

/** Of the traces that X-Ray samples, the share (0..1) whose spans this container exports. */
const traces = { share: 1 };

/** Exports the spans of that share of traces from the next one on; by default of all. */
export function keepTraceShare({ traceShare = 1 }: { readonly traceShare?: number | undefined }): void {
  traces.share = traceShare;
}

/** One per container. */
export const lambdaSpans = createLambdaTracer({
  share: () => traces.share,
  ...{ clock: systemClock, ids: systemIds, environment: process.env },
  log: createLambdaTelemetry({
    stage: '',
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '',
    clock: systemClock,
  }),
});

/** A function whose log lines name the invocation. */
export function loggedHandler<Event, Context, Result>(
  handler: (event: Event, context: Context) => Promise<Result>,
): (event: Event, context: Context) => Promise<Result> {
  return (event, context) => inInvocation(context, undefined, () => handler(event, context));
}

/**
 * The same, and all of it is one span; `attributesOf` reads its attributes from the event. A `request_id` among
 * them is the correlation id of its log lines.
 */
export function spannedHandler<Event, Context, Result>(
  name: string,
  handler: (event: Event, context: Context) => Promise<Result>,
  attributesOf: (event: Event) => SpanAttributes = () => ({}),
): (event: Event, context: Context) => Promise<Result> {
  return (event, context) => {
    const attributes = attributesOf(event);
    const correlationId = attributes['request_id']?.toString();
    return inInvocation(context, correlationId, () =>
      lambdaSpans.around(
        name,
        () => handler(event, context),
        () => attributes,
      ),
    );
  };
}

/** How long a function waits for a table, milliseconds. */
export interface Patience {
  /** For one attempt. */
  readonly requestTimeoutMs?: number;
  /** For a call with its retries. */
  readonly deadlineMs?: number;
}

const tableVariables = {
  ads: environmentNames.adsTable,
  counters: environmentNames.countersTable,
  requests: environmentNames.requestsTable,
  tokens: environmentNames.tokensTable,
  delivery: environmentNames.deliveryTable,
} as const;

/**
 * The tables of this function, with names from the environment. `patience`: of one call with its retries; default
 * that of the adapter.
 */
export function lambdaStateStore(tables: readonly TableName[], patience: Patience = {}): StateStore {
  const { deadlineMs, ...timeouts } = patience;
  const plain = createDynamodbStateStore({
    client: new DynamoDBClient(clientOptions(timeouts)),
    ...(deadlineMs !== undefined && { deadlineMs }),
    tables: Object.fromEntries(tables.map((table) => [table, readVariable(tableVariables[table])])),
    clock: systemClock,
    ids: systemIds,
  });
  return traced.stateStore(plain, lambdaSpans);
}

/** The schedule group and the function that it invokes, from the environment. */
export function lambdaExpirySchedule(): ExpirySchedule {
  const plain = createEventbridgeExpirySchedule({
    client: new SchedulerClient(clientOptions()),
    group: readVariable(environmentNames.scheduleGroup),
    targetArn: readArn(environmentNames.scheduleTargetArn),
    roleArn: readArn(environmentNames.scheduleRoleArn),
    deadLetterArn: readArn(environmentNames.scheduleDeadLetterArn),
    clock: systemClock,
    ids: systemIds,
  });
  return traced.schedule(plain, lambdaSpans);
}

/** The statistics of this function's stage. */
export function lambdaStats(
  stage: MeasuredStage,
  notes: Pick<LambdaReleasesOptions, 'state' | 'noteOf'>,
): StatsSource {
  return createCloudwatchStats({
    client: new CloudWatchClient(clientOptions()),
    releases: createLambdaReleases({
      client: new LambdaClient(clientOptions()),
      functionName: lambdaName(stage.stage, 'query-ads'),
      ...{ ...notes, clock: systemClock, ids: systemIds },
    }),
    stage,
    clock: systemClock,
    ids: systemIds,
  });
}
