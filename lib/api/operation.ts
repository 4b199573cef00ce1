import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import type { Idempotency } from '../app/idempotency.ts';
import type { DraftingIdentity } from '../app/request-identity.ts';
import { andThen, type SoonOrNow } from '../core/and-then.ts';
import { assert } from '../core/assert.ts';
import type { StageSettings } from '../stages.ts';
import { answerOnce } from './answer/answer-once.ts';
import { jsonMediaType, problemAnswer, type Answer, type Problem, type ProblemOf } from './answer/answer.ts';
import type { RequestOf } from './request/api-request.ts';
import type { FieldErrors } from './request/field-errors.ts';
import type { QueryValues } from './request/query-parameters.ts';
import { readPlainQuery, readRequest, type ReadRequest } from './request/read-request.ts';
import type { FunctionName, Route, RouteAnswer } from './route.ts';
import { findRoute } from './routes.ts';

/** Headers that any answer may have in addition to those of its route. */
type CommonHeader =
  | 'Cache-Control'
  | 'Content-Security-Policy'
  | 'Content-Type'
  | 'Cross-Origin-Resource-Policy'
  | 'Link'
  | 'Referrer-Policy'
  | 'Vary';

type ReplyHeaders<A extends RouteAnswer> = Readonly<
  Partial<Record<A['headers'][number] | CommonHeader, string>>
>;

type Frozen<T> = T extends object ? { readonly [Member in keyof T]: Frozen<T[Member]> } : T;

/**
 * A value of the schema, or JSON that is already written: pages joined from pieces, totals with every digit.
 */
type ReplyBody<A extends RouteAnswer> = A extends { readonly body: infer S extends z.ZodType }
  ? Frozen<z.input<S>> | string | (() => string)
  : A extends { readonly mediaType: string }
    ? string
    : undefined;

/** One of the answers that the route declares. */
export type Reply<R extends Route> =
  | {
      [Status in keyof R['answers'] & number]: {
        readonly status: Status;
        readonly headers?: ReplyHeaders<R['answers'][Status]>;
        readonly body?: ReplyBody<R['answers'][Status]>;
        readonly increments?: number;
      };
    }[keyof R['answers'] & number]
  | ProblemOf<R['problems'][number] | 'invalid-request' | 'precondition-failed'>;

/** A reply without the types of its route. */
type AnyReply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | object | (() => string);
      /** The increments that the answer acknowledges, for the caller's usage. */
      readonly increments?: number;
    }
  | Problem;

/** What a function provides to its operations. */
export interface OperationPorts {
  readonly settings: Pick<StageSettings, 'stage' | 'cloud'>;
  /** Needed by operations that write. */
  readonly idempotency?: Idempotency | undefined;
}

/** An operation's function, whatever its route. */
type Run = (request: object) => SoonOrNow<AnyReply>;

/** A route and the code that answers it. */
export interface Operation<Name extends FunctionName = FunctionName> {
  readonly route: Route & { readonly functionName: Name };
  readonly answer: (event: APIGatewayProxyEvent, ports: OperationPorts) => SoonOrNow<Answer>;
}

export interface OperationOptions<Query> {
  /**
   * A faster reader of the query that accepts the same as the route's schema. undefined: invalid, see
   * `errors`.
   */
  readonly readQuery?: (values: QueryValues, errors: FieldErrors) => Query | undefined;
  /** Whether the route's schema would accept this body and leave it as it is; faster. false: the schema decides. */
  readonly isPlainBody?: (body: unknown) => boolean;
  /**
   * What of a valid body identifies a request with an Idempotency-Key, for a body whose hash would give away what is in
   * it. Default: all of its bytes.
   */
  readonly identifiedBy?: (body: never) => string;
}

/**
 * Makes an operation: it reads the parts of a request that the route declares, refuses invalid ones, and
 * calls a plain function. A write that takes an Idempotency-Key runs once per key. If the function is
 * synchronous, so is the operation: a promise would slow down the busiest calls.
 */
export function operation<const R extends Route, const A extends Reply<R>, Query = RequestOf<R>['query']>(
  route: R,
  answer: (request: RequestOf<R, Query>) => SoonOrNow<A>,
  options: OperationOptions<Query> = {},
): Operation<R['functionName']> {
  // readRequest read what the route declares; only the operation's own types state it.
  const run = answer as Run;
  const reads = route.method === 'GET';
  return {
    route,
    answer: (event, ports) => {
      const plain = options.readQuery && readPlainQuery(event, options.readQuery);
      if (plain !== undefined) return andThen(run(plain), toAnswer);
      const { stage, cloud } = ports.settings;
      const hasEdge = cloud.edge !== undefined;
      const { readQuery, isPlainBody, identifiedBy } = options;
      const read = readRequest(route, event, { stage, hasEdge, readQuery, isPlainBody });
      if (!read.ok) return read.answer;
      if (!reads) {
        const bodyText = identifiedBy && ((): string => identifiedBy(read.request.body as never));
        return write(run, { route, event, ports, read, bodyText });
      }
      return andThen(run(read.request), toAnswer);
    },
  };
}

interface Write {
  readonly route: Route;
  readonly event: APIGatewayProxyEvent;
  readonly ports: OperationPorts;
  readonly read: ReadRequest & { readonly ok: true };
  readonly bodyText: (() => string) | undefined;
}

function write(run: Run, { route, event, ports: { idempotency }, read, bodyText }: Write): SoonOrNow<Answer> {
  assert(idempotency !== undefined, `${route.operationId} writes, and its function has no idempotency`);
  const call = { event, key: read.idempotencyKey, bodyText };
  return answerOnce(idempotency, call, (identity: DraftingIdentity) => {
    if (!route.headers.includes('If-Match') && failsOnTarget(route, read)) {
      const detail = 'The target does not match `If-Match` or `If-None-Match`. Nothing was changed.';
      return problemAnswer('precondition-failed', { detail });
    }
    return andThen(run({ ...read.request, identity }), toAnswer);
  });
}

/**
 * Evaluates the preconditions of a call that creates something, against the answer to a GET of its path (RFC
 * 9110, 13.2.2). If the path has no GET, nothing exists there. If it has one, that is a list with weak tags,
 * which match no If-Match.
 */
function failsOnTarget(route: Route, { request }: Write['read']): boolean {
  const { ifMatch, ifNoneMatch } = request.preconditions;
  if (ifMatch === undefined && ifNoneMatch === undefined) return false;
  const exists = findRoute('GET', route.path) !== undefined;
  if (ifMatch !== undefined && !(exists && ifMatch.type === 'any')) return true;
  return exists && ifNoneMatch?.type === 'any';
}

function toAnswer(reply: AnyReply): Answer {
  if ('problem' in reply) return problemAnswer(reply.problem, reply);
  const answer = successAnswer(reply);
  if (reply.increments !== undefined) answer.increments = reply.increments;
  return answer;
}

function successAnswer({ status: statusCode, headers, body }: Exclude<AnyReply, Problem>): Answer {
  if (body === undefined) return { statusCode, headers: { ...headers }, body: '' };
  // An answer whose headers include the type owns them, so they are not copied. The busiest read uses this.
  const typed = (
    headers?.['Content-Type'] === undefined ? { 'Content-Type': jsonMediaType, ...headers } : headers
  ) as Record<string, string>;
  if (typeof body === 'function')
    return { statusCode, headers: typed, body: '', makeBody: body as () => string };
  return { statusCode, headers: typed, body: typeof body === 'string' ? body : JSON.stringify(body) };
}
