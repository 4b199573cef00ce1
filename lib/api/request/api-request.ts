import type * as z from 'zod';
import type { RequestIdentity } from '../../app/request-identity.ts';
import type { ConsistencyToken } from '../../core/consistency-token.ts';
import type { Route } from '../route.ts';
import type { Preconditions } from './preconditions.ts';
import type { Preferences } from './prefer.ts';

type QueryOf<R extends Route> = R['query'] extends z.ZodType ? z.output<R['query']> : unknown;
type BodyOf<R extends Route> = R extends { readonly body: { readonly schema: infer S extends z.ZodType } }
  ? z.output<S>
  : undefined;

/** A request as an operation gets it: everything its route declares, read and checked. */
export interface ApiRequest<R extends Route, Query = QueryOf<R>> {
  readonly path: z.output<R['pathParameters']>;
  readonly query: Query;
  readonly body: BodyOf<R>;
  /** Of `Consistency-Token`; empty where the route does not take it. */
  readonly tokens: readonly ConsistencyToken[];
  readonly preconditions: Preconditions;
  /** Of `Prefer`; empty where the route does not take it. */
  readonly preferences: Preferences;
  /** A well-formed W3C trace context. */
  readonly traceparent?: string;
  /** The address of this request as its sender has it, without the query: stage or base path included. */
  readonly address: RequestAddress;
}

/** A request that changes something: where its events get their ids from. */
export type WriteRequest<R extends Route> = ApiRequest<R> & { readonly identity: RequestIdentity };

export type RequestOf<R extends Route, Query = QueryOf<R>> = R['method'] extends 'GET'
  ? ApiRequest<R, Query>
  : WriteRequest<R>;

export interface RequestAddress {
  /** With the stage or base path, without a slash at its end. */
  readonly path: string;
  /** `host[:port]`, as in the request; undefined in events made by hand. */
  readonly authority: string | undefined;
  /** What stands in front of the path that the route names; '' or `/prod`. */
  readonly base: string;
  readonly accept: string | undefined;
}
