import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import type { ConsistencyToken } from '../../core/consistency-token.ts';
import { faultsAnswer, problemAnswer, type Answer } from '../answer/answer.ts';
import { checkSchema } from './check-schema.ts';
import { FieldErrors } from './field-errors.ts';
import { isMediaType, parseJsonBody } from './json-body.ts';
import { decodePathParameters } from './path-parameters.ts';
import { parsePrefer, type Preferences } from './prefer.ts';
import { queryValues, readQuery } from './query-parameters.ts';
import { header } from './request-header.ts';
import { readIdempotencyKey, readTokens } from './request-tokens.ts';

export interface ParameterShape<Path, Query> {
  readonly pathParameters: z.ZodType<Path>;
  readonly query: z.ZodType<Query>;
  /** Query parameters that may come more than once. */
  readonly repeatable?: readonly string[];
}

export interface WriteShape<Path, Query, Body, Headers = undefined> extends ParameterShape<Path, Query> {
  readonly body: { readonly schema: z.ZodType<Body>; readonly mediaTypes: readonly string[] };
  /** Reads the headers that only this call has. */
  readonly checkHeaders?: (event: APIGatewayProxyEvent, errors: FieldErrors) => Headers;
  /** Adds faults that only the moment tells, when the request is refused for others anyway. */
  readonly whenFaulty?: (body: unknown, errors: FieldErrors) => void;
}

export interface Parameters<Path, Query> {
  readonly path: Path;
  readonly query: Query;
}

export type ReadRequest<Path, Query> =
  | ({ readonly ok: true; readonly tokens: readonly ConsistencyToken[] } & Parameters<Path, Query>)
  | { readonly ok: false; readonly answer: Answer };

export type WriteRequest<Path, Query, Body, Headers> =
  | ({
      readonly ok: true;
      readonly body: Body;
      readonly idempotencyKey: string | undefined;
      readonly preferences: Preferences;
      /** What `checkHeaders` made; undefined without it. */
      readonly headers: Headers | undefined;
    } & Parameters<Path, Query>)
  | { readonly ok: false; readonly answer: Answer };

/** Path and query parameters; the result counts only if `errors` got none. */
export function readParameters<Path, Query>(
  event: APIGatewayProxyEvent,
  shape: ParameterShape<Path, Query>,
  errors: FieldErrors,
): Parameters<Path, Query> {
  const before = errors.count;
  const rawPath = decodePathParameters(event, errors);
  const rawQuery = readQuery(queryValues(event), shape.repeatable ?? [], errors);
  // A parameter already found faulty is not in the raw objects: the schema must not call it missing as well.
  const named = errors.count === before ? undefined : new Set(errors.named.map((fault) => fault.path));
  const path = checkSchema(shape.pathParameters, rawPath, errors, named);
  const query = checkSchema(shape.query, rawQuery, errors, named);
  return { path, query };
}

/** Checks everything that a reading call sends to this stage, and names every fault at once. */
export function readRead<Path, Query>(
  event: APIGatewayProxyEvent,
  shape: ParameterShape<Path, Query>,
  stage: string,
): ReadRequest<Path, Query> {
  const errors = new FieldErrors();
  const parameters = readParameters(event, shape, errors);
  const tokens = readTokens(event, stage, errors);
  if (errors.count > 0) return { ok: false, answer: faultsAnswer(errors) };
  return { ok: true, ...parameters, tokens };
}

/**
 * Checks everything a writing call sends: the media type first, then parameters, headers and body together, so that
 * one answer names every fault. (The size came before all, in http-function.ts.)
 */
export function readWrite<Path, Query, Body, Headers = undefined>(
  event: APIGatewayProxyEvent,
  shape: WriteShape<Path, Query, Body, Headers>,
): WriteRequest<Path, Query, Body, Headers> {
  const { schema, mediaTypes } = shape.body;
  if (!isMediaType(event, mediaTypes)) {
    const detail = `Send the body as ${mediaTypes.join(' or ')}.`;
    return { ok: false, answer: problemAnswer('unsupported-media-type', { detail }) };
  }
  const errors = new FieldErrors();
  const parameters = readParameters(event, shape, errors);
  const idempotencyKey = readIdempotencyKey(event, errors);
  const headers = shape.checkHeaders?.(event, errors);
  const json = parseJsonBody(event);
  if (!json.ok) {
    for (const error of json.errors) errors.add(error.path, error.message);
    const answer = problemAnswer('malformed-json', { detail: json.detail, errors: errors.named });
    return { ok: false, answer };
  }
  const body = checkSchema(schema, json.value, errors);
  if (errors.count > 0) {
    shape.whenFaulty?.(json.value, errors);
    return { ok: false, answer: faultsAnswer(errors) };
  }
  const preferences = parsePrefer(header(event, 'prefer'));
  return { ok: true, ...parameters, body, headers, idempotencyKey, preferences };
}
