import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Log } from '../../ports/telemetry.ts';
import {
  createOtlpExporter,
  otlpSettings,
  OtlpSettingsError,
  type OtlpSettings,
} from '../tracing/otlp-exporter.ts';
import { Tracer, type TraceStart } from '../tracing/tracer.ts';
import type { Environment } from './lambda-environment.ts';
import { invocationTrace } from './lambda-invocation.ts';
import { createXrayExporter } from './xray-exporter.ts';

/** What a call of a port is on AWS: the service, and its operation in most cases. */
const awsCalls: Readonly<Record<string, readonly [service: string, operation: string]>> = {
  'ad-events append': ['Kinesis', 'PutRecords'],
  'increments append': ['Kinesis', 'PutRecords'],
  'state get': ['DynamoDB', 'GetItem'],
  'state getMany': ['DynamoDB', 'BatchGetItem'],
  'state query': ['DynamoDB', 'Query'],
  'state write': ['DynamoDB', 'UpdateItem'],
  'state writeEach': ['DynamoDB', 'UpdateItem'],
  'state transact': ['DynamoDB', 'TransactWriteItems'],
  'state transactEach': ['DynamoDB', 'TransactWriteItems'],
  'quarantine store': ['S3', 'PutObject'],
  'schedule set': ['Scheduler', 'CreateSchedule'],
  'schedule clear': ['Scheduler', 'DeleteSchedule'],
};

/**
 * Measures sampled invocations, below the segment that Lambda makes. Lambda decides what is sampled, and names
 * the trace of each invocation (lambda-invocation.ts); of these, `share` (0..1) is measured. Spans leave by OTLP if
 * an endpoint is set, else to X-Ray's daemon; also if the endpoint is not an address, because no function may
 * fail for its tracing.
 */
export function createLambdaTracer(deps: {
  clock: Clock;
  ids: Ids;
  log: Log;
  environment: Environment;
  /** Default: all. */
  share?: () => number;
}): Tracer {
  const { environment, share = () => 1 } = deps;
  const otlp = otlpOrWarning(environment, deps.log);
  const daemon = environment['AWS_XRAY_DAEMON_ADDRESS'] ?? '';
  const exporter = otlp ? createOtlpExporter({ ...otlp, ...deps }) : createXrayExporter(daemon);
  return new Tracer({
    ...deps,
    outer: () => sampledTrace(invocationTrace(environment), share()),
    onEnd({ trace }) {
      for (const span of trace.spans) {
        const [service, operation] = awsCalls[span.name] ?? [];
        if (service === undefined || operation === undefined) continue;
        const rpc = { 'rpc.system': 'aws-api', 'rpc.service': service, 'rpc.method': operation };
        span.attributes = { ...span.attributes, ...rpc };
      }
      exporter.export(trace.spans);
    },
  });
}

function otlpOrWarning(environment: Environment, log: Log): OtlpSettings | undefined {
  try {
    return otlpSettings(environment, environment['AWS_LAMBDA_FUNCTION_NAME']);
  } catch (error) {
    if (!(error instanceof OtlpSettingsError)) throw error;
    log.warn('tracing has no collector', { error: error.message });
    return undefined;
  }
}

/**
 * `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;...`; undefined: not sampled,
 * or no trace. The trace's own random digits decide on the share, so that all functions decide alike.
 */
function sampledTrace(text: string | undefined, share: number): TraceStart | undefined {
  if (text?.includes('Sampled=1') !== true) return undefined;
  const [, time, rest] = /(?:^|;)Root=1-([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)/.exec(text) ?? [];
  const spanId = /(?:^|;)Parent=([0-9a-f]{16})(?:;|$)/.exec(text)?.[1];
  if (time === undefined || rest === undefined || spanId === undefined) return undefined;
  if (Number.parseInt(rest.slice(0, 8), 16) / 2 ** 32 >= share) return undefined;
  return { sampled: true, parent: { traceId: time + rest, spanId } };
}
