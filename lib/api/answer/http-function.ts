import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Ports } from '../../app/ports.ts';
import { sampledTraceId, traceIdOf } from '../../app/trace.ts';
import { errorFields } from '../../ports/error-fields.ts';
import { metrics, type LogFields } from '../../ports/telemetry.ts';
import { problemAnswer, type Answer } from './answer.ts';
import { atOnceMode } from './at-once-mode.ts';
import { createCors, exposedHeaders } from './cors.ts';
import { bodyBytesMax, isBodyTooLarge } from '../request/json-body.ts';
import { traceHeader } from '../headers.ts';
import { portProblem } from './port-problems.ts';
import { hasHeader } from '../request/request-header.ts';
import { traceContext } from '../request/trace-context.ts';

/** What a function hands to API Gateway, and to the embedded gateway. */
export type HttpFunction = (event: APIGatewayProxyEvent, context?: Context) => Promise<APIGatewayProxyResult>;

/** Answers one request; only ports and bugs throw. Answers at once where it can: a promise costs the hot path. */
export type HttpHandler = (event: APIGatewayProxyEvent) => Answer | Promise<Answer>;

export type HttpDeps = Pick<Ports, 'clock' | 'telemetry' | 'settings'>;

/** Nothing here is to be run, framed or guessed at by a browser; the docs page brings its own policy. */
const contentPolicy = "default-src 'none'; frame-ancestors 'none'";

/**
 * The edge that every HTTP function has, as one middleware: a body too large is 413 before anything looks at it;
 * failures of ports become 503 and bugs a bare 500; then CORS and security headers, HEAD without its body, metrics.
 */
export function createHttpFunction(deps: HttpDeps, handler: HttpHandler): HttpFunction {
  const finish = createFinish(deps);
  const edge: Edge = {
    before: (request) => {
      request.internal.startedMs = deps.clock.monotonicMs();
      if (!isBodyTooLarge(request.event)) return undefined;
      const detail = `The body is over ${bodyBytesMax} bytes.`;
      return finish(request, problemAnswer('too-large', { detail }));
    },
    after: (request) => {
      finish(request, request.response as Answer);
    },
    onError: (request) => finish(request, failureAnswer(deps, request)),
  };
  const options = { executionMode: atOnceMode };
  const wrapped: unknown = middy<APIGatewayProxyEvent, APIGatewayProxyResult>(handler, options).use(edge);
  return wrapped as HttpFunction;
}

type Edge = middy.MiddlewareObj<
  APIGatewayProxyEvent,
  APIGatewayProxyResult,
  Error,
  Context,
  { startedMs: number }
>;

interface EdgeRequest {
  readonly event: APIGatewayProxyEvent;
  readonly internal: { readonly startedMs: number };
}

/** Tells the caller nothing about a bug, and the log all but user data. */
function failureAnswer({ telemetry }: HttpDeps, { event, error }: FailedRequest): Answer {
  const answer = portProblem(error);
  const fields = { ...requestFields(event), ...errorFields(error) };
  if (answer === undefined) telemetry.error('request crashed', fields);
  else telemetry.warn('request failed', fields);
  return answer ?? problemAnswer('internal');
}

type FailedRequest = Pick<EdgeRequest, 'event'> & { readonly error: unknown };

/** Which request a line is about: the resource as the API names it, never the path, which holds counter keys. */
function requestFields(event: APIGatewayProxyEvent): LogFields {
  const { requestId } = event.requestContext as { readonly requestId?: string };
  return {
    request_id: requestId,
    trace_id: traceIdOf(traceContext(event).traceparent),
    method: event.httpMethod,
    resource: event.resource,
  };
}

/** Completes an answer in place. */
function createFinish(deps: HttpDeps): (request: EdgeRequest, answer: Answer) => Answer {
  const { clock, telemetry, settings } = deps;
  const cors = createCors(settings.http.corsOrigins);
  const transportSecurity = settings.stage === 'local' ? undefined : 'max-age=63072000';
  return ({ event, internal }, answer) => {
    const { headers } = answer;
    const origin = cors.allowOrigin(event);
    if (origin !== undefined) {
      headers['Access-Control-Allow-Origin'] = origin;
      headers['Access-Control-Expose-Headers'] = exposedHeaders;
    }
    if (cors.varies) headers.Vary = headers.Vary === undefined ? 'Origin' : `${headers.Vary}, Origin`;
    headers['X-Content-Type-Options'] = 'nosniff';
    headers['Content-Security-Policy'] ??= contentPolicy;
    if (transportSecurity !== undefined) headers['Strict-Transport-Security'] = transportSecurity;
    if (event.httpMethod === 'HEAD') answer.body = '';
    const { statusCode } = answer;
    const tookMs = clock.monotonicMs() - internal.startedMs;
    telemetry.count(metrics.requests);
    if (statusCode >= 500) telemetry.count(metrics.requestErrors);
    else if (statusCode >= 400) telemetry.count(metrics.requestsRefused);
    telemetry.observe(metrics.requestMs, tookMs);
    // Few requests bring a trace; the others pay for one look at the names of their headers.
    if (hasHeader(event, 'traceparent')) followTrace(deps, { event, answer, tookMs });
    return answer;
  };
}

/** Hands the trace back, and writes the request's line if its sender wants it recorded. */
function followTrace(
  { telemetry }: HttpDeps,
  { event, answer, tookMs }: { event: APIGatewayProxyEvent; answer: Answer; tookMs: number },
): void {
  const { traceparent } = traceContext(event);
  if (traceparent === undefined) return;
  answer.headers[traceHeader] = traceparent;
  if (sampledTraceId(traceparent) === undefined) return;
  telemetry.info('answered a request', {
    ...requestFields(event),
    status: answer.statusCode,
    ms: Math.round(tookMs * 1000) / 1000,
  });
}
