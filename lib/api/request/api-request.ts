import type * as z from 'zod';
import type { DraftingIdentity } from '../../app/request-identity.ts';
import type { ConsistencyToken } from '../../core/consistency-token.ts';
import type { Route } from '../route.ts';
import type { Preconditions } from './preconditions.ts';
import type { Preferences } from './prefer.ts';

type QueryOf<R extends Route> = R['query'] extends z.ZodType ? z.output<R['query']> : unknown;
type BodyOf<R extends Route> = R extends { readonly body: { readonly schema: infer S extends z.ZodType } }
  ? z.output<S>
  : undefined;

/** A request as an operation gets it: everything that its route declares, validated. */
export interface ApiRequest<R extends Route, Query = QueryOf<R>> {
  readonly path: z.output<R['pathParameters']>;
  readonly query: Query;
  readonly body: BodyOf<R>;
  /** From `Consistency-Token`; empty if the route does not take it. */
  readonly tokens: readonly ConsistencyToken[];
  readonly preconditions: Preconditions;
  /** From `Prefer`; empty if the route does not take it. */
  readonly preferences: Preferences;
  /** A well-formed W3C trace context. */
  readonly traceparent?: string;
  /** The address of this request as the client sees it, with the stage or base path, without the query. */
  readonly address: RequestAddress;
  readonly visitor: RequestVisitor;
  /** Who calls (principal.ts). */
  readonly principal: string;
}

/** A request that changes something, with the source of its event ids. */
export type WriteRequest<R extends Route> = ApiRequest<R> & { readonly identity: DraftingIdentity };

export type RequestOf<R extends Route, Query = QueryOf<R>> = R['method'] extends 'GET'
  ? ApiRequest<R, Query>
  : WriteRequest<R>;

export interface RequestAddress {
  /** With the stage or base path, without a trailing slash. */
  readonly path: string;
  /** `host[:port]`, as in the request; undefined in handmade events, and at CloudFront's own name. */
  readonly authority: string | undefined;
  /** `https://host[:port]`; undefined where `authority` is. */
  readonly origin: string | undefined;
  /** The prefix of the route's path: '' or `/prod`. */
  readonly base: string;
  readonly accept: string | undefined;
}

/** What a request says of the program that sent it, for the few calls that people's browsers make. */
export interface RequestVisitor {
  /** HEAD: the answer of GET, without its effect. */
  readonly isHead: boolean;
  /** undefined: it has none, or an empty one. */
  readonly userAgent: string | undefined;
  /** A browser loads the page ahead, and nobody may ever see it. */
  readonly isPrefetch: boolean;
}
