import type { APIGatewayProxyEvent } from 'aws-lambda';
import { decodeSegment } from '../../api/request/path-parameters.ts';
import { routes, type FunctionName } from '../../api/routes.ts';
import type { Clock } from '../../ports/clock.ts';
import { errorFields } from '../../ports/error-fields.ts';
import type { Ids } from '../../ports/ids.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { AccessControl } from '../access/access-control.ts';
import { createDeadlines } from './deadlines.ts';
import {
  problemResponse,
  statusProblem,
  withHeaders,
  type HttpHandler,
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
  readonly ids: Pick<Ids, 'nonce'>;
  readonly telemetry: Telemetry;
  /** Stands before the functions; by default everybody may do anything. */
  readonly access?: AccessControl;
  /** Header lines for the answers of the gateway itself. */
  readonly errorHeaders?: string;
  /** Default 29 s, API Gateway's. */
  readonly timeoutMs?: number;
}

export interface Gateway {
  readonly handle: HttpHandler;
  /** Ends the watch over time-outs; requests under way go on without one. */
  close(): void;
}

/** API Gateway's limit for an address (Regional endpoints). */
const targetLengthMax = 10_240;

/** Turns HTTP requests into proxy events, and what the functions answer into responses, as a REST API does. */
export function createGateway(options: GatewayOptions): Gateway {
  const { functions, clock, telemetry, access, errorHeaders = '', timeoutMs = 29_000 } = options;
  const match = createRouteMatcher(routes);
  const toProxyEvent = createToProxyEvent(options);
  const deadlines = createDeadlines(clock, timeoutMs);
  const own = (response: HttpResponse): HttpResponse => withHeaders(response, errorHeaders);
  const tooLong = own(statusProblem(414, `The address has at most ${targetLengthMax} characters.`));
  const badTarget = own(problemResponse('invalid-request', 'The request target is not a path.'));
  const badEncoding = own(problemResponse('invalid-request', 'The address has malformed percent-encoding.'));
  const timedOut = own(problemResponse('gateway-timeout', 'The function took too long to answer.'));
  const badAnswer = own(problemResponse('bad-gateway', 'Internal server error'));

  const fault = (name: FunctionName, message: string, error?: unknown): HttpResponse => {
    telemetry.error(message, { function: name, ...(error === undefined ? {} : errorFields(error)) });
    return badAnswer;
  };

  const invoke = (name: FunctionName, event: APIGatewayProxyEvent): Promise<HttpResponse> =>
    new Promise((resolve) => {
      const deadline = deadlines.begin(() => {
        telemetry.error('a function took too long', { function: name });
        resolve(timedOut);
      });
      const settle = (response: HttpResponse): void => {
        deadlines.end(deadline);
        resolve(response);
      };
      functions[name](event).then(
        (result) => {
          settle(toHttpResponse(result) ?? fault(name, 'a function gave no valid answer'));
        },
        (error: unknown) => {
          settle(fault(name, 'a function failed', error));
        },
      );
    });

  return {
    handle(request) {
      const target = toOriginForm(request.target);
      if (target === undefined) return Promise.resolve(badTarget);
      if (target.length > targetLengthMax) return Promise.resolve(tooLong);
      const at = target.indexOf('?');
      const path = at < 0 ? target : target.slice(0, at);
      const query = at < 0 || at === target.length - 1 ? undefined : parseQueryString(target.slice(at + 1));
      if (query === 'malformed' || decodeSegment(path) === undefined) return Promise.resolve(badEncoding);
      const route = match(request.method, path);
      const event = toProxyEvent({ request, path, query, match: route });
      const refused = access?.(event);
      if (refused === undefined) return invoke(route.functionName, event);
      return Promise.resolve(refused).then((response) =>
        response === undefined ? invoke(route.functionName, event) : own(response),
      );
    },
    close() {
      deadlines.close();
    },
  };
}

/** A target may also be a whole address, or `*`, which stands for the server and is no path of the API. */
function toOriginForm(target: string): string | undefined {
  if (target.startsWith('/')) return target;
  if (target === '*') return '/*';
  const authority = /^https?:\/\/[^/?#]*/i.exec(target)?.[0];
  if (authority === undefined) return undefined;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
