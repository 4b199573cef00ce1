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

export interface RouteAnswer {
  readonly description: string;
  readonly headers: readonly ResponseHeader[];
  /** The body's schema; absent: no body, or one that is not JSON (`mediaType`). */
  readonly body?: z.ZodType;
  /** application/json unless said. */
  readonly mediaType?: string;
}

/** One call of the API. Everything that lists calls (API Gateway, the embedded gateway, OpenAPI) reads this. */
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
  readonly query: z.ZodObject;
  readonly headers: readonly RequestHeader[];
  readonly body?: { readonly schema: z.ZodType; readonly mediaTypes: readonly string[] };
  /** By status. Problems are apart. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Without those that any call may answer. */
  readonly problems: readonly ProblemName[];
}
