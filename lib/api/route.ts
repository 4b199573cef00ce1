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
  | 'decide-ads'
  | 'track-ads'
>;

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/**
 * The scope that a token needs. With public reads `ads:read` needs no token, with plain decisions `ads:decide` does
 * not; `none` never needs one; `any`: any scope will do.
 */
export type RouteScope = Scope | 'none' | 'any';

/** Whole bodies by a short name. They stay valid for years. */
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
  /** Default: application/json. */
  readonly mediaType?: string;
  /** Examples of a JSON body. */
  readonly example?: unknown;
}

/**
 * One call of the API. Routes are constants with literal types (`as const satisfies Route`), which give an
 * operation the types of its request and of its answers. API Gateway, the embedded gateway, the dispatch, the
 * OpenAPI document, the docs page and the client read the same constants.
 */
export interface Route {
  readonly operationId: string;
  readonly method: Method;
  /** As an API Gateway resource: `/api/v1/ad/{id}`. */
  readonly path: string;
  readonly functionName: FunctionName;
  readonly scope: RouteScope;
  readonly tag: 'Ads' | 'Delivery' | 'Counters' | 'Operations' | 'About';
  readonly summary: string;
  readonly description: string;
  readonly pathParameters: z.ZodObject;
  /**
   * A parameter whose schema is a list may be repeated, any other not. `any`: the query is ignored, as on
   * pages.
   */
  readonly query: z.ZodObject | 'any';
  /** Other parameters are ignored: programs add theirs to links, such as `gclid`. Default: they are errors. */
  readonly ignoresOthers?: true;
  /**
   * The headers that the call reads, in addition to If-Match, If-None-Match, Traceparent and X-Request-Id,
   * which every call reads.
   */
  readonly headers: readonly RequestHeader[];
  readonly body?: RouteBody;
  /**
   * Shared caches may keep what the call answers without a token. The headers by which its answers differ; further
   * ones by a setting of the stage (lib/infra/edge-cache.ts). Absent: each answer is for one caller.
   */
  readonly shared?: readonly RequestHeader[];
  /** Successes by status; `problems` has the errors. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Without the problems of every call. */
  readonly problems: readonly ProblemName[];
}
