import type { APIGatewayProxyEvent } from 'aws-lambda';
import * as z from 'zod';
import type { ConsistencyToken } from '../../core/consistency-token.ts';
import { faultsSummary, problemAnswer, type Answer } from '../answer/answer.ts';
import type { RequestHeader } from '../headers.ts';
import type { Route } from '../route.ts';
import type { RequestAddress, RequestVisitor } from './api-request.ts';
import { EventVisitor } from './event-visitor.ts';
import { checkSchema } from './check-schema.ts';
import { FieldErrors } from './field-errors.ts';
import { readIdempotencyKey, type IdempotencyKey } from './idempotency-key.ts';
import { parseJsonBody } from './json-body.ts';
import { isMediaType } from './media-type.ts';
import { decodePathParameters } from './path-parameters.ts';
import { readPreconditions, type Preconditions } from './preconditions.ts';
import { parsePrefer, type Preferences } from './prefer.ts';
import { edgeOf } from './edge-of.ts';
import { principalOf } from './principal.ts';
import { queryValues, readQuery, type QueryValues } from './query-parameters.ts';
import { bringsMeaning, hasHeader, header } from './request-header.ts';
import { readTokens } from './request-tokens.ts';
import { traceContext } from './trace-context.ts';

export interface RequestParts {
  readonly path: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly tokens: readonly ConsistencyToken[];
  readonly preconditions: Preconditions;
  readonly preferences: Preferences;
  readonly traceparent?: string;
  readonly address: RequestAddress;
  readonly visitor: RequestVisitor;
  readonly principal: string;
}

export type ReadRequest =
  | { readonly ok: true; readonly request: RequestParts; readonly idempotencyKey: IdempotencyKey | undefined }
  | { readonly ok: false; readonly answer: Answer };

interface Reading {
  /** The stage whose Consistency-Tokens are valid. */
  readonly stage: string;
  readonly hasEdge: boolean;
  readonly readQuery?: ((values: QueryValues, errors: FieldErrors) => unknown) | undefined;
  /** Whether the route's schema would accept a body as it is. */
  readonly isPlainBody?: ((body: unknown) => boolean) | undefined;
}

const noTokens: readonly ConsistencyToken[] = [];
const noPreferences: Preferences = parsePrefer(undefined);
const noPreconditions: Preconditions = {};

/**
 * Reads and validates everything that a route declares: the media type first, then path, query, headers and
 * body together, so that one answer names every error. (Middleware has already checked size and rate.)
 */
export function readRequest(route: Route, event: APIGatewayProxyEvent, reading: Reading): ReadRequest {
  const { body: declared } = route;
  if (declared !== undefined && !isMediaType(event, declared.mediaTypes)) {
    return { ok: false, answer: unsupportedMediaType(route.method, declared.mediaTypes) };
  }
  const errors = new FieldErrors();
  const { path, query } = readParameters(route, event, { errors, readQuery: reading.readQuery });
  const takes = (name: RequestHeader, lowerCaseName: string): boolean =>
    hasHeader(event, lowerCaseName) && route.headers.includes(name);
  const preconditions = readPreconditions(event, route.method === 'GET', errors);
  const tokens = takes('Consistency-Token', 'consistency-token')
    ? readTokens(event, reading.stage, errors)
    : noTokens;
  const idempotencyKey = takes('Idempotency-Key', 'idempotency-key')
    ? readIdempotencyKey(event, errors)
    : undefined;
  const preferences = takes('Prefer', 'prefer') ? parsePrefer(header(event, 'prefer')) : noPreferences;
  let body: unknown;
  if (declared !== undefined) {
    const json = parseJsonBody(event);
    if (!json.ok) {
      for (const error of json.errors) errors.add(error.path, error.message);
      const answer = problemAnswer('malformed-json', { detail: json.detail, errors: errors.named });
      return { ok: false, answer };
    }
    const { value } = json;
    body = reading.isPlainBody?.(value) === true ? value : checkSchema(declared.schema, value, errors);
  }
  if (errors.count > 0) {
    const detail = faultsSummary(errors.count, errors.named.length);
    return { ok: false, answer: problemAnswer('invalid-request', { detail, errors: errors.named }) };
  }
  const trace = hasHeader(event, 'traceparent') ? traceContext(event) : undefined;
  const address = new EventAddress(event, reading.hasEdge ? edgeOf(event) : undefined);
  const request = {
    path,
    query,
    body,
    tokens,
    preconditions,
    preferences,
    address,
    visitor: new EventVisitor(event),
    principal: principalOf(event),
  };
  return { ok: true, request: trace === undefined ? request : { ...request, ...trace }, idempotencyKey };
}

/** An empty collection of errors. A valid query leaves it empty, so it is shared. */
let unused = new FieldErrors();

/**
 * A fast path for reads with only a query, which is most of the busiest call. It returns the request if that
 * has no header that the API reads and its query is valid. Otherwise it returns undefined, and the full path
 * reads the request and reports the errors.
 */
export function readPlainQuery(
  event: APIGatewayProxyEvent,
  readOwn: (values: QueryValues, errors: FieldErrors) => unknown,
): Pick<RequestParts, 'query' | 'tokens' | 'preconditions' | 'preferences'> | undefined {
  if (bringsMeaning(event)) return undefined;
  const query = readOwn(queryValues(event), unused);
  if (query !== undefined)
    return { query, tokens: noTokens, preconditions: noPreconditions, preferences: noPreferences };
  unused = new FieldErrors();
  return undefined;
}

function unsupportedMediaType(method: string, mediaTypes: readonly string[]): Answer {
  const accepted = mediaTypes.join(', ');
  return problemAnswer('unsupported-media-type', {
    detail: `Send the body as ${mediaTypes.join(' or ')}.`,
    headers: method === 'PATCH' ? { Accept: accepted, 'Accept-Patch': accepted } : { Accept: accepted },
  });
}

/** Reads path and query parameters; the result is valid only if `errors` stays empty. */
function readParameters(
  route: Route,
  event: APIGatewayProxyEvent,
  { errors, readQuery: ownReader }: { errors: FieldErrors; readQuery: Reading['readQuery'] },
): { readonly path: unknown; readonly query: unknown } {
  const values = queryValues(event);
  if (ownReader !== undefined) return { path: undefined, query: ownReader(values, errors) };
  if (takesNothing(route) && isEmpty(values) && isEmpty(event.pathParameters)) return { path: {}, query: {} };
  const before = errors.count;
  const rawPath = decodePathParameters(event, errors);
  const rawQuery =
    route.query === 'any' ? {} : readQuery(ownValues(route, values), repeatable(route.query), errors);
  // A parameter that is already invalid is not in the raw objects; the schema must not report it as missing.
  const named = errors.count === before ? undefined : new Set(errors.named.map((fault) => fault.path));
  const path = checkSchema(route.pathParameters, rawPath, errors, named);
  const query = route.query === 'any' ? rawQuery : checkSchema(route.query, rawQuery, errors, named);
  return { path, query };
}

const takesNothingByRoute = new WeakMap<Route, boolean>();

/** Whether the route has neither path nor query parameters: then there is nothing to check where none is sent. */
function takesNothing(route: Route): boolean {
  let known = takesNothingByRoute.get(route);
  if (known === undefined) {
    const { pathParameters, query } = route;
    known = query !== 'any' && isEmpty(pathParameters.shape) && isEmpty(query.shape);
    takesNothingByRoute.set(route, known);
  }
  return known;
}

function isEmpty(values: object | null): boolean {
  for (const _name in values) return false;
  return true;
}

/** The values of the parameters that the route knows, if it ignores others. */
function ownValues({ query, ignoresOthers }: Route, values: QueryValues): QueryValues {
  if (ignoresOthers !== true || query === 'any') return values;
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(query.shape, name)));
}

const repeatableByQuery = new WeakMap<z.ZodObject, readonly string[]>();

/** The parameters whose schema is a list. */
function repeatable(query: z.ZodObject): readonly string[] {
  let names = repeatableByQuery.get(query);
  if (names === undefined) {
    names = Object.entries(query.shape)
      .filter(
        ([, schema]) => (schema instanceof z.ZodOptional ? schema.unwrap() : schema) instanceof z.ZodArray,
      )
      .map(([name]) => name);
    repeatableByQuery.set(query, names);
  }
  return names;
}

/** Computed only for the few operations that need it. */
class EventAddress implements RequestAddress {
  readonly #event: APIGatewayProxyEvent;
  readonly #edge: string | undefined;

  constructor(event: APIGatewayProxyEvent, edge: string | undefined) {
    this.#event = event;
    this.#edge = edge;
  }

  /**
   * `requestContext.path` has the stage or base path that `path` may lack; handmade events may lack it. CloudFront
   * puts the stage before a path, and callers do not see it.
   */
  get path(): string {
    const { path } = (this.#edge === undefined ? this.#event.requestContext : this.#event) as {
      path?: string;
    };
    return withoutSlash(path ?? this.#event.path);
  }

  get origin(): string | undefined {
    const { authority } = this;
    if (authority === undefined) return undefined;
    // API Gateway sets it; a proxy in front of `npm start` may. Of several proxies, the first has the client.
    const forwarded = header(this.#event, 'x-forwarded-proto');
    const isTls = forwarded === 'https' || forwarded?.split(',')[0]?.trim() === 'https';
    return `${isTls ? 'https' : 'http'}://${authority}`;
  }

  get base(): string {
    const own = withoutSlash(this.#event.path);
    const { path } = this;
    return path.endsWith(own) ? path.slice(0, path.length - own.length) : '';
  }

  get authority(): string | undefined {
    if (this.#edge !== undefined) return this.#edge === '-' ? undefined : this.#edge;
    const { domainName } = this.#event.requestContext as { readonly domainName?: string };
    return domainName;
  }

  get accept(): string | undefined {
    return header(this.#event, 'accept');
  }
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
