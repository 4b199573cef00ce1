import type * as z from 'zod';
import type { Scope } from '../core/scopes.ts';
import type { FunctionName as AnyFunctionName } from '../stages.ts';
import type { RequestHeader, ResponseHeader } from './headers.ts';
import type { ProblemName } from './answer/problems.ts';

/** The functions that answer HTTP. */
export type FunctionName = Extract<
  AnyFunctionName,
  | 'ingest-ads'
  | 'ingest-increments'
  | 'query-ads'
  | 'read-counters'
  | 'describe-api'
  | 'operate-quarantine'
  | 'read-stats'
>;

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** What a token must allow; `ads:read` needs none in a stage with public reads, `none` never does. */
export type RouteScope = Scope | 'none';

/** Values by a short name; each is a whole body, and stays true for years. */
export type Examples = Readonly<Record<string, unknown>>;

export interface RouteBody {
  readonly schema: z.ZodType;
  readonly mediaTypes: readonly string[];
  readonly examples: Examples;
}

export interface RouteAnswer {
  readonly description: string;
  readonly headers: readonly ResponseHeader[];
  /** The body's schema; absent: no body, or one that is not JSON (`mediaType`). */
  readonly body?: z.ZodType;
  /** application/json unless said. */
  readonly mediaType?: string;
  /** Of a JSON body. */
  readonly example?: unknown;
}

/**
 * One call of the API. Routes are constants whose types survive (`as const satisfies Route`): an operation gets its
 * request, and is held to its answers, by them. API Gateway, the embedded gateway, the dispatch, the OpenAPI document,
 * the docs page and the client all read the same constants.
 */
export interface Route {
  readonly operationId: string;
  readonly method: Method;
  /** As an API Gateway resource: `/api/v1/ad/{id}`. */
  readonly path: string;
  readonly functionName: FunctionName;
  readonly scope: RouteScope;
  readonly tag: 'Ads' | 'Counters' | 'Operations' | 'About';
  readonly summary: string;
  readonly description: string;
  readonly pathParameters: z.ZodObject;
  /** A parameter whose schema is a list may come several times, any other once. `any`: ignored, as pages do. */
  readonly query: z.ZodObject | 'any';
  /** What is read of the request, besides If-Match, If-None-Match and Traceparent, which every call takes. */
  readonly headers: readonly RequestHeader[];
  readonly body?: RouteBody;
  /** By status. Problems are apart. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Without those that any call may answer. */
  readonly problems: readonly ProblemName[];
}
