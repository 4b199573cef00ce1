import type { Response } from '../../../lib/api/document/openapi.ts';
import { responseHeaders } from '../../../lib/api/headers.ts';
import type { HttpAnswer, HttpRequestSent } from './auditor.ts';

/** Documented headers that an answer may omit, each for a reason that the document gives. */
const optional: ReadonlySet<string> = new Set([
  'preference-applied',
  'delivery-degraded',
  'idempotent-replayed',
  'catalog-stale-ms',
  'delivery-degraded',
  'next-cursor',
  'ratelimit',
  'ratelimit-policy',
  'deprecation',
  'link',
  'accept',
  'accept-encoding',
  'accept-patch',
  'traceparent',
  // The HTTP server's own part, which the simulated network leaves out.
  'x-request-id',
]);

/** Calls whose answers may have too many tokens for a header, or none because nothing was logged. */
const tokenOptional: ReadonlySet<string> = new Set([
  'incrementMany 202',
  'incrementMany 207',
  'updateAd 200',
  'trackEvents 202',
  'trackEvents 207',
]);

const known = Object.keys(responseHeaders).map((name) => name.toLowerCase());

/** What is wrong with the headers of an answer, by what the document says of its status. */
export function* headerFaults(
  { request, answer }: { readonly request: HttpRequestSent; readonly answer: HttpAnswer },
  documented: Response,
  operationId: string,
): Generator<string, undefined> {
  const names = new Set(Object.keys(documented.headers ?? {}).map((name) => name.toLowerCase()));
  const { headers, status } = answer;
  for (const name of names) {
    const isOptional =
      optional.has(name) || (name === 'consistency-token' && tokenOptional.has(`${operationId} ${status}`));
    if (!isOptional && headers[name] === undefined) yield `lacks ${name}`;
  }
  for (const name of known) {
    // Every answer may say how long it may be kept.
    if (headers[name] !== undefined && !names.has(name) && name !== 'cache-control')
      yield `has undocumented ${name}`;
  }
  if (headers.traceparent !== undefined && headers.traceparent !== request.headers.traceparent)
    yield 'names another trace';
  const replayed = headers['idempotent-replayed'];
  if (replayed !== undefined && (replayed !== 'true' || request.headers['idempotency-key'] === undefined))
    yield 'replays a request without a key';
  const applied = headers['preference-applied'];
  // A longer wait than the most is the most.
  const isMost = applied === 'wait=10' && /wait=\d\d/.test(request.headers.prefer ?? '');
  if (applied !== undefined && !isMost && request.headers.prefer?.includes(applied) !== true)
    yield 'applies another preference';
  const retryAfter = headers['retry-after'];
  if (retryAfter !== undefined && !/^[1-9]\d*$/.test(retryAfter)) yield 'says when to retry in other words';
  return undefined;
}
