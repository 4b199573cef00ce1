import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Idempotency } from '../app/idempotency.ts';
import type { Ports } from '../app/ports.ts';
import type { TakeCall } from '../app/rate/leased-rate.ts';
import type { UsageRecorder } from '../app/usage/usage-recorder.ts';
import type { SoonOrNow } from '../core/and-then.ts';
import type { Answer } from './answer/answer.ts';
import { unroutedAnswer } from './answer/unrouted.ts';
import { corsHeaders, securityHeaders } from './middleware/answer-headers.ts';
import { compression } from './middleware/compression.ts';
import { failures } from './middleware/failures.ts';
import { readPreconditionsHold } from './middleware/preconditions.ts';
import { optionalToken, type OptionalToken } from './middleware/optional-token.ts';
import { requestBody } from './middleware/request-body.ts';
import { requestId } from './middleware/request-id.ts';
import { requestMetrics, requestTrace } from './middleware/request-metrics.ts';
import { callerUsage } from './middleware/usage.ts';
import { withinRate } from './middleware/within-rate.ts';
import type { Operation } from './operation.ts';
import type { FunctionName } from './route.ts';

/**
 * The result that a function returns to API Gateway or to the embedded gateway. The result of HEAD has GET's
 * body; the gateway drops it.
 */
export type ApiFunction = (event: APIGatewayProxyEvent, context?: Context) => Promise<APIGatewayProxyResult>;

export interface ApiDeps extends Pick<Ports, 'clock' | 'telemetry' | 'settings'> {
  /** Needed by functions that write. */
  readonly idempotency?: Idempotency;
  /** Limits the calls of each token; default: only the gateway limits them. */
  readonly takeCall?: TakeCall | undefined;
  /** A call that anybody may make, and that gives callers with a token more; default: none. */
  readonly optionalToken?: OptionalToken | undefined;
  /** Counts the calls of each caller; default: they are not counted. */
  readonly usage?: UsageRecorder | undefined;
}

/**
 * Makes an HTTP function from operations: it runs the one for a request, or answers OPTIONS, 404, 405 or 501,
 * after the middlewares that every function has. A request passes them from the first to the last, its answer
 * from the last to the first.
 */
export function createApiFunction<Name extends FunctionName>(
  deps: ApiDeps,
  operations: readonly Operation<Name>[],
): ApiFunction {
  const { settings, telemetry, takeCall, usage } = deps;
  const answer = createDispatch(deps, operations);
  const wrapped = middy<APIGatewayProxyEvent, Answer>(answer)
    .use(requestMetrics(deps))
    .use(requestTrace(deps))
    .use(requestId(settings));
  if (deps.optionalToken !== undefined) wrapped.use(optionalToken(deps.optionalToken));
  if (usage !== undefined) wrapped.use(callerUsage(usage));
  wrapped
    .use(securityHeaders(settings))
    .use(corsHeaders(settings.http.corsOrigins))
    .use(failures(telemetry))
    .use(compression(settings.http.compressAnswers))
    .use(readPreconditionsHold())
    .use(requestBody());
  if (takeCall !== undefined) wrapped.use(withinRate(takeCall, settings, telemetry));
  // Without a context there is no deadline to watch.
  return (event, context = {} as Context) => wrapped(event, context);
}

/** Answers one request; only ports and bugs throw. */
function createDispatch(
  deps: ApiDeps,
  operations: readonly Operation[],
): (event: APIGatewayProxyEvent) => SoonOrNow<Answer> {
  const byResource = new Map<string, Map<string, Operation>>();
  for (const one of operations) {
    const { method, path } = one.route;
    const byMethod = byResource.get(path) ?? new Map<string, Operation>();
    byResource.set(path, byMethod.set(method, one));
    if (method === 'GET') byMethod.set('HEAD', one);
  }
  return (event) => {
    const found = byResource.get(event.resource)?.get(event.httpMethod);
    return found === undefined ? unroutedAnswer(event) : found.answer(event, deps);
  };
}
