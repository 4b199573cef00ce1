import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from '../../ports/telemetry.ts';
import type { Environment } from './lambda-environment.ts';

const invocations = new AsyncLocalStorage<LogFields>();

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
  const { awsRequestId } = (context ?? {}) as { readonly awsRequestId?: unknown };
  const fields = {
    cold_start: cold,
    ...(typeof awsRequestId === 'string' && { function_request_id: awsRequestId }),
    ...(correlationId !== undefined && { correlation_id: correlationId }),
  };
  return invocations.run(fields, work);
}

/** Of the invocation that this is called in; none while the process starts. */
export function invocationFields(): LogFields {
  return invocations.getStore() ?? {};
}
