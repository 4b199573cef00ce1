import type { APIGatewayProxyEvent } from 'aws-lambda';
import { answerSecurity } from '../../api/answer/answer-security.ts';
import { targetBytesMax } from '../../api/request/http-limits.ts';
import { decodeSegment } from '../../api/request/path-parameters.ts';
import { findRoute, routes, type FunctionName } from '../../api/routes.ts';
import type { Clock } from '../../ports/clock.ts';
import { errorFields } from '../../ports/error-fields.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { AccessControl } from '../access/access-control.ts';
import { decodeBody, isCoded } from './content-coding.ts';
import { createDeadlines } from './deadlines.ts';
import {
  headerLinesOf,
  problemResponse,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
} from './http-message.ts';
import { createToProxyEvent } from './proxy-event.ts';
import { toHttpResponse } from './proxy-result.ts';
import { parseQueryString } from './query-string.ts';
import { createRouteMatcher } from './route-matcher.ts';

export type GatewayFunction = (event: APIGatewayProxyEvent) => Promise<unknown>;

export interface GatewayOptions {
  readonly stage: string;
  readonly functions: Readonly<Record<FunctionName, GatewayFunction>>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Checks each call before its function runs. Default: every call is allowed. */
  readonly access?: AccessControl;
}

/** API Gateway's. */
const timeoutMs = 29_000;

export interface Gateway {
  readonly handle: HttpHandler;
  /** Stops checking time-outs; requests under way run on without a limit. */
  close(): void;
}

/** Turns HTTP requests into proxy events, and the functions' answers into responses, as a REST API does. */
export function createGateway(options: GatewayOptions): Gateway {
  const { functions, clock, telemetry, access } = options;
  const match = createRouteMatcher(routes);
  const toProxyEvent = createToProxyEvent(options);
  const deadlines = createDeadlines(clock, timeoutMs);
  const invoke = (name: FunctionName, event: APIGatewayProxyEvent): Promise<HttpResponse> =>
    new Promise((resolve) => {
      const report = (message: string, error?: unknown): void => {
        const fields = { function: name, request_id: event.requestContext.requestId };
        telemetry.error(message, { ...fields, ...(error === undefined ? {} : errorFields(error)) });
      };
      const fault = (message: string, error?: unknown): HttpResponse => {
        report(message, error);
        return badAnswer;
      };
      const deadline = deadlines.begin(() => {
        report('a function took too long');
        resolve(timedOut);
      });
      const settle = (response: HttpResponse): void => {
        deadlines.end(deadline);
        resolve(response);
      };
      functions[name](event).then(
        (result) => {
          settle(toHttpResponse(result) ?? fault('a function gave no valid answer'));
        },
        (error: unknown) => {
          settle(fault('a function failed', error));
        },
      );
    });

  const answer = (request: HttpRequest): Promise<HttpResponse> => {
    const { target } = request;
    if (!target.startsWith('/')) return Promise.resolve(target === '*' ? aboutServer(request) : badTarget);
    if (target.length > targetBytesMax) return Promise.resolve(tooLong);
    const at = target.indexOf('?');
    const path = at < 0 ? target : target.slice(0, at);
    const parsed = at < 0 || at === target.length - 1 ? undefined : parseQueryString(target.slice(at + 1));
    const route = match(request.method, path);
    const isBad = parsed === 'malformed' && findRoute(request.method, route.resource)?.query !== 'any';
    if (isBad || decodeSegment(path) === undefined) return Promise.resolve(badEncoding);
    const query = parsed === 'malformed' ? undefined : parsed;
    const event = toProxyEvent({ request, path, query, match: route });
    const refused = access?.(event);
    if (refused === undefined) return invoke(route.functionName, event);
    return Promise.resolve(refused).then((response) => response ?? invoke(route.functionName, event));
  };

  return {
    handle: (request) =>
      isCoded(request)
        ? decodeBody(request).then((decoded) => ('statusCode' in decoded ? decoded : answer(decoded)))
        : answer(request),
    close() {
      deadlines.close();
    },
  };
}

/** `OPTIONS *` is about the server as a whole (RFC 9110, 9.3.7). */
function aboutServer({ method }: HttpRequest): HttpResponse {
  return method === 'OPTIONS' ? serverOptions : badTarget;
}

const serverMethods = [
  ...new Set(routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))),
];
const serverOptions: HttpResponse = {
  statusCode: 204,
  headerLines: headerLinesOf({
    Allow: [...serverMethods, 'OPTIONS'].join(', '),
    ...answerSecurity('local'),
  }),
  body: '',
};

const tooLong = problemResponse(
  'uri-too-long',
  `The path and the query have at most ${targetBytesMax} bytes together.`,
);
const badTarget = problemResponse('invalid-request', 'The request target is not a path.');
const badEncoding = problemResponse('invalid-request', 'The address has malformed percent-encoding.');
const timedOut = problemResponse('gateway-timeout', 'The function took too long to answer.');
const badAnswer = problemResponse('bad-gateway', 'Internal server error');
