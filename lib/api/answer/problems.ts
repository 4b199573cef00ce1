/**
 * Every problem the API answers with (RFC 9457), in one table: the functions, the gateway responses of API
 * Gateway, the OpenAPI document and the docs page read it. Names and types are stable; titles may be
 * reworded.
 */
interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** For the docs page: when the API answers it, and what to do about it. */
  readonly description: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    description:
      'A path segment, query parameter, header or body field is invalid. `errors` names up to 50 of them. Nothing was changed.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not valid JSON',
    description:
      'The body is empty, not UTF-8, not JSON (RFC 8259), nested deeper than 32 levels, or has an object with a repeated member name.',
  },
  unauthorized: {
    status: 401,
    title: 'A token is needed',
    description: 'The request has no API token, or an unknown one.',
  },
  forbidden: {
    status: 403,
    title: 'The token does not allow this',
    description: 'The API token lacks the scope of this call.',
  },
  'delivery-off': {
    status: 403,
    title: 'The stage does not deliver ads',
    description:
      'The setting `delivery.accepts` of the stage is false, so it decides nothing and takes no events. Ask its operators.',
  },
  blocked: {
    status: 403,
    title: 'The request is blocked',
    description:
      "A rule of the stage's web ACL refuses the request, whatever its token allows. Nothing was changed. Ask its operators.",
  },
  'foreign-origin': {
    status: 403,
    title: 'The page is from another origin',
    description:
      'Without tokens, this server accepts calls from pages of this machine only; see `--cors-origin`. Nothing was changed.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    description: 'No ad or counter has this id or key. Deleted and ended ads are not found either.',
  },
  'unknown-route': {
    status: 404,
    title: 'No such route',
    description: 'No call of this API has this path.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed here',
    description: 'This path does not have this method. `Allow` lists the methods it has.',
  },
  conflict: {
    status: 409,
    title: 'The id is taken',
    description:
      'Another live ad has the `external_id`, or another request has taken the id of the new ad: `detail` says which and what to do.',
  },
  'decision-expired': {
    status: 410,
    title: 'The decision is too old',
    description:
      'The decision was made too long ago for this event to count, or its key has been deleted. Nothing was counted. Sending it again does not help.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The precondition does not hold',
    description:
      'The target does not match `If-Match` or `If-None-Match`: for example, the ad has another version. Read it again. Nothing was changed.',
  },
  'too-large': {
    status: 413,
    title: 'The body is too large',
    description: 'The body is over 256 KiB. Send it in parts.',
  },
  'uri-too-long': {
    status: 414,
    title: 'The address is too long',
    description:
      'The path and query together exceed 320 KiB. On AWS the limit is about 10 KB, headers included.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type is not supported',
    description: 'Bodies are application/json; PATCH also takes application/merge-patch+json.',
  },
  'unsupported-encoding': {
    status: 415,
    title: 'The content coding is not supported',
    description: 'Send the body uncompressed or as gzip. Nothing was changed.',
  },
  misdirected: {
    status: 421,
    title: 'The request is for another server',
    description:
      'Without tokens, this server accepts host names of this machine only; see `--allow-host`. Nothing was changed.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    description:
      'Within 24 hours, the same key was sent with another method, path, query, body or precondition. Use a new key for a new request.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    description: 'The token or the address is over its rate limit. `Retry-After` says when to try again.',
    retryAfterSeconds: 1,
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    description: 'The header lines together exceed 16 KiB.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong',
    description:
      'An error on our side. A write may or may not have taken effect: send it again with the same Idempotency-Key.',
  },
  'not-implemented': {
    status: 501,
    title: 'Not implemented',
    description: 'The server does not support this method or transfer coding. Nothing was changed.',
  },
  'bad-gateway': {
    status: 502,
    title: 'The function returned no valid response',
    description:
      'An error on our side. A write may or may not have taken effect: send it again with the same Idempotency-Key.',
  },
  'not-caught-up': {
    status: 503,
    title: 'Not caught up yet',
    description:
      'The write that the Consistency-Token or the new id names is not applied yet. Try again after `Retry-After`.',
    retryAfterSeconds: 1,
  },
  'log-unavailable': {
    status: 503,
    title: 'The write could not be logged',
    description:
      'The event log is throttled or down. `detail` says whether the write may still have been logged. With an Idempotency-Key it is safe to send the request again.',
    retryAfterSeconds: 1,
  },
  'state-unavailable': {
    status: 503,
    title: 'The state store is not available',
    description:
      'The state store is throttled, full or down, or the catalog of ads is older than this stage allows. A write may or may not have taken effect. With an Idempotency-Key it is safe to send the request again.',
    retryAfterSeconds: 1,
  },
  'gateway-timeout': {
    status: 504,
    title: 'The function took too long',
    description: 'A write may or may not have taken effect: send it again with the same Idempotency-Key.',
  },
  'version-not-supported': {
    status: 505,
    title: 'The HTTP version is not supported',
    description: 'The server supports HTTP/1.1 and HTTP/1.0.',
  },
  'over-limit': {
    status: 507,
    title: 'The limit of live ads is reached',
    description:
      'The stage has reached its limit of live ads or of their bytes. Delete ads, or wait until some end.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof problems;

export const problemNames = Object.keys(problems) as readonly ProblemName[];

export const problemMediaType = 'application/problem+json';

/** Invalid fields that one answer names; `detail` counts all of them. */
export const problemErrorsMax = 50;

/**
 * One invalid field: a body field (`increments.3.value`), a query parameter, path parameter or header by its
 * name.
 */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A URN, so that it is the same in every stage; /docs#problem-<name> describes it. */
export function problemType(name: ProblemName): string {
  return `urn:adtally:problem:${name}`;
}

export function problemKind(name: ProblemName): ProblemKind {
  return problems[name];
}

/** The body of a problem answer. */
export function problemBody(name: ProblemName, detail: string, errors: readonly FieldError[] = []): string {
  const { title, status } = problems[name];
  return JSON.stringify({ type: problemType(name), title, status, detail, errors });
}
