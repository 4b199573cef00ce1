import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from '../../ports/telemetry.ts';
import type { Environment } from './lambda-environment.ts';

interface Invocation {
  readonly fields: LogFields;
  /** As in `_X_AMZN_TRACE_ID`. */
  readonly trace: string | undefined;
}

/** Several invocations may run in one process at a time: on Lambda's managed instances, or after a time-out. */
const invocations = new AsyncLocalStorage<Invocation>();

const traceVariable = '_X_AMZN_TRACE_ID';

/** The process has answered no invocation yet. */
let isFirst = true;

/**
 * Runs an invocation so that each of its log lines names it: `function_request_id`, `cold_start`, and
 * `correlation_id` if there is one. With provisioned concurrency no start is cold, because nobody waited for it.
 */
export function inInvocation<Result>(
  context: unknown,
  correlationId: string | undefined,
  work: () => Result,
  environment: Environment = process.env,
): Result {
  const cold = isFirst && environment['AWS_LAMBDA_INITIALIZATION_TYPE'] !== 'provisioned-concurrency';
  isFirst = false;
  // Lambda's context; who calls a handler by hand may give none.
  const { awsRequestId, xRayTraceId } = (context ?? {}) as Readonly<Record<string, unknown>>;
  const fields = {
    cold_start: cold,
    ...(typeof awsRequestId === 'string' && { function_request_id: awsRequestId }),
    ...(correlationId !== undefined && { correlation_id: correlationId }),
  };
  // On managed instances only the context has the trace; else Lambda sets the variable for each invocation.
  const trace = typeof xRayTraceId === 'string' ? xRayTraceId : environment[traceVariable];
  return invocations.run({ fields, trace }, work);
}

/** Of the invocation that this is called in; none while the process starts. */
export function invocationFields(): LogFields {
  return invocations.getStore()?.fields ?? {};
}

/** The trace of the invocation that this is called in: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=...`. */
export function invocationTrace(environment: Environment = process.env): string | undefined {
  const invocation = invocations.getStore();
  return invocation === undefined ? environment[traceVariable] : invocation.trace;
}
