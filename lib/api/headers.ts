/** The request headers that mean something here, and what the OpenAPI document says of them. */
export const requestHeaders = {
  'Idempotency-Key': {
    description:
      'Your name for this request, 1 to 255 visible ASCII characters, bare or as a quoted string. The same key and request (preconditions included) within 24 hours takes effect once, and the answer is replayed. A refusal frees the key.',
    schema: {
      type: 'string',
      pattern: String.raw`^(?:[!#-~][!-~]{0,254}|"(?:[!#-\[\]-~]|\\["\\]){1,255}")$`,
    },
  },
  'Consistency-Token': {
    description:
      'Up to 20 tokens of accepted writes, separated by commas: the answer shows those writes, or is 503.',
    schema: { type: 'string' },
  },
  Prefer: {
    description:
      '`wait=N`: wait up to N seconds, at most 10, until the write is applied. `return=representation`: a token per key. Anything else is ignored; `Preference-Applied` says what was applied.',
    schema: { type: 'string' },
  },
  'If-Match': {
    description:
      'Go on only if one of these entity tags is that of the target as it is, else 412; `*`: if there is one.',
    schema: { type: 'string' },
  },
  'If-None-Match': {
    description:
      'Go on only if none of these entity tags is that of the target as it is; `*`: if there is none. A read is else answered 304, a change 412.',
    schema: { type: 'string' },
  },
  Traceparent: {
    description:
      'W3C trace context: the answer brings it back, and with the sampled flag (`...-01`) the log has a line for each step, under its trace id.',
    schema: { type: 'string' },
  },
} as const;

/** Any call may bring it, and its answer then brings it back. */
export const traceHeader = 'Traceparent' as const satisfies keyof typeof requestHeaders;

export type RequestHeader = keyof typeof requestHeaders;

/** The response headers a client may want to read, and what the OpenAPI document says of them. */
export const responseHeaders = {
  'Consistency-Token':
    'Present it on a read to see this state or a later one. Several are separated by commas.',
  'Catalog-Version': 'The version of the catalog of ads that answered.',
  'Catalog-Stale-Ms':
    'Only while the state store fails: milliseconds since the catalog was last known to be current.',
  ETag: 'The version of what is answered; for `If-None-Match` and, on an ad, `If-Match`.',
  Location: 'Where the new ad is found.',
  'Cache-Control': 'How long the answer may be kept: never past the next start or end of an ad.',
  'Idempotent-Replayed':
    '`true`: this is the stored answer to an earlier request with the same Idempotency-Key.',
  'Preference-Applied': 'The preference that was honoured.',
  Allow: 'The methods this path has.',
  Accept: 'The media types that a body of this call may have.',
  'Accept-Encoding': 'The content codings that a body may have.',
  'Accept-Patch': 'The media types that a PATCH of this path may have.',
  Deprecation: 'Since when this form of the call is on its way out (RFC 9745).',
  Link: 'What takes the place of a form on its way out.',
  'Retry-After': 'Seconds until another try makes sense.',
  'WWW-Authenticate': 'What a token is presented with.',
  RateLimit: "What is left of the token's limit.",
  'RateLimit-Policy': "The token's limit.",
  Traceparent: "The request's, if it brought one.",
} as const;

export type ResponseHeader = keyof typeof responseHeaders;
