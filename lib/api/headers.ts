/** The request headers that the API reads, with their descriptions in the OpenAPI document. */
export const requestHeaders = {
  'Idempotency-Key': {
    description:
      'Your name for this request: 1 to 255 visible ASCII characters, quoted or not. The same request with the same key takes effect once within 24 hours; repeats get the first answer. A refused request frees its key. Preconditions are part of the request.',
    schema: {
      type: 'string',
      pattern: String.raw`^(?:[!#-~][!-~]{0,254}|"(?:[!#-\[\]-~]|\\["\\]){1,255}")$`,
    },
  },
  'Consistency-Token': {
    description:
      'Up to 20 tokens of writes to this stage, separated by commas. The answer includes those writes, or is 503.',
    schema: { type: 'string' },
  },
  Prefer: {
    description:
      '`wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: return a token per key. `return=minimal`: answer an increment with `mode=sync` 204, without its total. Other preferences are ignored; `Preference-Applied` names those applied.',
    schema: { type: 'string' },
  },
  'If-Match': {
    description:
      'Proceed only if the target has one of these entity tags, otherwise 412. `*`: if the target exists.',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    description:
      'Proceed only if the target has none of these entity tags, otherwise 304 for a read and 412 for a change. `*`: if the target does not exist.',
    schema: { type: 'string' },
  },
  Traceparent: {
    description:
      'W3C trace context. The answer returns it. With the sampled flag (`...-01`) each step logs a line with the trace id.',
    schema: { type: 'string' },
  },
  'X-Request-Id': {
    description:
      'Your name for this attempt, 1 to 128 visible ASCII characters. The answer, log lines and spans have it. Without it, or if it is malformed, the API makes one.',
    schema: { type: 'string' },
  },
} as const;

/** Any call may have it, and the answer then returns it. */
export const traceHeader = 'Traceparent' as const satisfies keyof typeof requestHeaders;

/** Any call may have it, and every answer has it. */
export const requestIdHeader = 'X-Request-Id' as const satisfies keyof typeof requestHeaders;

/**
 * On a call that came through CloudFront: the name by which callers know the stage, or `-` if that is CloudFront's.
 * CloudFront overwrites what a caller sends.
 */
export const edgeHeader = 'X-Adtally-Edge';

export type RequestHeader = keyof typeof requestHeaders;

/** The response headers of the API, with their descriptions in the OpenAPI document. */
export const responseHeaders = {
  'Consistency-Token':
    'Send it with a read to see this state or a later one. Commas separate several tokens.',
  'Catalog-Version': 'The catalog version of this answer.',
  'Catalog-Stale-Ms':
    'Only while the state store fails: milliseconds since the catalog was last known to be current.',
  'Delivery-Degraded':
    'Only while a store fails: which ads may be missing that could have been chosen. `leases`: ads with goals, because their ledgers do not answer; `frequency`: ads with a frequency cap, because the counts of the user do not.',
  ETag: 'The entity tag for `If-None-Match` and, for an ad, `If-Match`.',
  Location: 'The address of the new ad, or where a click leads.',
  'Cache-Control': 'How long caches may keep the answer: never past the next start or end of an ad.',
  'Idempotent-Replayed':
    '`true`: this is the stored answer of an earlier request with the same Idempotency-Key.',
  'Preference-Applied': 'The applied preferences.',
  Allow: 'The methods of this path.',
  Accept: 'The media types for the body of this call.',
  'Accept-Encoding': 'The content codings for a body.',
  'Accept-Patch': 'The media types for a PATCH of this path.',
  Deprecation: 'When this form of the call became deprecated (RFC 9745).',
  Link: 'The replacement of a deprecated form.',
  'Next-Cursor':
    'With `application/x-ndjson`: the `cursor` of the next page. If it is missing, this was the last page.',
  'Retry-After': 'Seconds to wait before trying again.',
  'WWW-Authenticate': 'How to send a token.',
  RateLimit: "The rest of the token's limit.",
  'RateLimit-Policy': "The token's limit.",
  Traceparent: 'The trace context of the request, if it had one.',
  'X-Request-Id': "The request's own `X-Request-Id`, or the one that the API made. Name it in a report.",
} as const;

export type ResponseHeader = keyof typeof responseHeaders;
