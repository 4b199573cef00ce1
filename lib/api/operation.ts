import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import type { Idempotency } from '../app/idempotency.ts';
import type { RequestIdentity } from '../app/request-identity.ts';
import { assert } from '../core/assert.ts';
import type { StageSettings } from '../stages.ts';
import { answerOnce } from './answer/answer-once.ts';
import { jsonMediaType, problemAnswer, type Answer, type Problem, type ProblemOf } from './answer/answer.ts';
import type { RequestOf } from './request/api-request.ts';
import type { FieldErrors } from './request/field-errors.ts';
import type { QueryValues } from './request/query-parameters.ts';
import { readRequest, type ReadRequest } from './request/read-request.ts';
import type { FunctionName, Route, RouteAnswer } from './route.ts';
import { findRoute } from './routes.ts';

/** Headers that any answer may have besides those its route declares. */
type CommonHeader = 'Cache-Control' | 'Content-Security-Policy' | 'Content-Type' | 'Link' | 'Vary';

type ReplyHeaders<A extends RouteAnswer> = Readonly<
  Partial<Record<A['headers'][number] | CommonHeader, string>>
>;

type Frozen<T> = T extends object ? { readonly [Member in keyof T]: Frozen<T[Member]> } : T;

/** A value that the schema describes, or JSON written already: pages joined from pieces, totals digit for digit. */
type ReplyBody<A extends RouteAnswer> = A extends { readonly body: infer S extends z.ZodType }
  ? Frozen<z.input<S>> | string | (() => string)
  : A extends { readonly mediaType: string }
    ? string
    : undefined;

/** What an operation answers: one of the answers that its route declares. */
export type Reply<R extends Route> =
  | {
      [Status in keyof R['answers'] & number]: {
        readonly status: Status;
        readonly headers?: ReplyHeaders<R['answers'][Status]>;
        readonly body?: ReplyBody<R['answers'][Status]>;
      };
    }[keyof R['answers'] & number]
  | ProblemOf<R['problems'][number] | 'invalid-request' | 'precondition-failed'>;

/** Any reply, once its types have done their work. */
type AnyReply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | object | (() => string);
    }
  | Problem;

/** What runs the operations of a function brings along. */
export interface OperationPorts {
  readonly settings: Pick<StageSettings, 'stage'>;
  /** Needed by operations that write. */
  readonly idempotency?: Idempotency | undefined;
}

/** A route and what answers it. */
export interface Operation<Name extends FunctionName = FunctionName> {
  readonly route: Route & { readonly functionName: Name };
  readonly answer: (event: APIGatewayProxyEvent, ports: OperationPorts) => Answer | Promise<Answer>;
}

export interface OperationOptions<Query> {
  /** Reads the query instead of the route's schema, which says the same. undefined: faulty, see `errors`. */
  readonly readQuery?: (values: QueryValues, errors: FieldErrors) => Query | undefined;
}

/**
 * An operation: reads of a request what its route declares, refuses what is faulty, and hands the rest to a plain
 * function. A write that takes an Idempotency-Key runs once per key. Answers at once where the function does: a promise
 * costs the busiest read.
 */
export function operation<const R extends Route, const A extends Reply<R>, Query = RequestOf<R>['query']>(
  route: R,
  answer: (request: RequestOf<R, Query>) => A | Promise<A>,
  options: OperationOptions<Query> = {},
): Operation<R['functionName']> {
  // What readRequest read is what the route declares; the types say so to the operation alone.
  const run = answer as (request: object) => AnyReply | Promise<AnyReply>;
  const reads = route.method === 'GET';
  return {
    route,
    answer: (event, ports) => {
      const read = readRequest(route, event, { stage: ports.settings.stage, readQuery: options.readQuery });
      if (!read.ok) return read.answer;
      if (!reads) return write(run, { route, event, ports, read });
      const reply = run(read.request);
      return reply instanceof Promise ? reply.then(toAnswer) : toAnswer(reply);
    },
  };
}

interface Write {
  readonly route: Route;
  readonly event: APIGatewayProxyEvent;
  readonly ports: OperationPorts;
  readonly read: ReadRequest & { readonly ok: true };
}

function write(
  run: (request: object) => AnyReply | Promise<AnyReply>,
  { route, event, ports: { idempotency }, read }: Write,
): Promise<Answer> {
  assert(idempotency !== undefined, `${route.operationId} writes, and its function has no idempotency`);
  return answerOnce(idempotency, event, read.idempotencyKey, async (identity: RequestIdentity) => {
    if (!route.headers.includes('If-Match') && failsOnTarget(route, read)) {
      const detail = 'The path as it is does not meet `If-Match` or `If-None-Match`. Nothing was changed.';
      return problemAnswer('precondition-failed', { detail });
    }
    return toAnswer(await run({ ...read.request, identity }));
  });
}

/**
 * Preconditions of a call that makes something new, evaluated against what its target shows to a GET (RFC 9110, 13.2.2):
 * nothing where the path has no GET; a list whose tags are weak, and so match no If-Match, where it has one.
 */
function failsOnTarget(route: Route, { request }: Write['read']): boolean {
  const { ifMatch, ifNoneMatch } = request.preconditions;
  const exists = findRoute('GET', route.path) !== undefined;
  if (ifMatch !== undefined && !(exists && ifMatch.type === 'any')) return true;
  return exists && ifNoneMatch?.type === 'any';
}

function toAnswer(reply: AnyReply): Answer {
  if ('problem' in reply) return problemAnswer(reply.problem, reply);
  const { status: statusCode, headers, body } = reply;
  if (body === undefined) return { statusCode, headers: { ...headers }, body: '' };
  const typed = { 'Content-Type': jsonMediaType, ...headers };
  if (typeof body === 'function')
    return { statusCode, headers: typed, body: '', makeBody: body as () => string };
  return { statusCode, headers: typed, body: typeof body === 'string' ? body : JSON.stringify(body) };
}
