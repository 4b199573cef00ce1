/**
 * Every problem the API answers with (RFC 9457), once: the functions, the gateway responses of API Gateway, the
 * OpenAPI document and the docs page read this table. Names and types are stable; titles may be reworded.
 */
interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** For the docs page: when it is answered, and what to do about it. */
  readonly description: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    description:
      'A path segment, query parameter, header or body field is faulty. `errors` names up to 50 faulty places. Nothing was changed.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not valid JSON',
    description:
      'The body is empty, not UTF-8, not JSON (RFC 8259), nested deeper than 32 levels, or names a member of an object twice.',
  },
  unauthorized: {
    status: 401,
    title: 'A token is needed',
    description: 'The request carries no API token, or one that is not known.',
  },
  forbidden: {
    status: 403,
    title: 'The token does not allow this',
    description: 'The API token lacks the scope that this call needs.',
  },
  'foreign-origin': {
    status: 403,
    title: 'The page is from another origin',
    description:
      'An open `npm start` answers pages of this machine only; see `--cors-origin`. Nothing was changed.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    description: 'No ad or counter has this id or key. A deleted or ended ad is not found either.',
  },
  'unknown-route': {
    status: 404,
    title: 'No such route',
    description: 'No call of this API has this path.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'The method is not allowed here',
    description: 'The path is known, the method is not. `Allow` lists those that are.',
  },
  conflict: {
    status: 409,
    title: 'The id is taken',
    description: 'The id of the new ad is already taken by another request. Send the request again.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The precondition does not hold',
    description:
      'The target is not as `If-Match` or `If-None-Match` asks: an ad has another version, say. Read it again. Nothing was changed.',
  },
  'too-large': {
    status: 413,
    title: 'The body is too large',
    description: 'The body is over 256 KiB. Send it in parts.',
  },
  'uri-too-long': {
    status: 414,
    title: 'The address is too long',
    description: 'The path and the query are over 320 KiB together; on AWS over some 10 KB with the headers.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type is not supported',
    description: 'Bodies are application/json; PATCH takes application/merge-patch+json as well.',
  },
  'unsupported-encoding': {
    status: 415,
    title: 'The content coding is not supported',
    description: 'Send the body as it is, or once as gzip. Nothing was changed.',
  },
  misdirected: {
    status: 421,
    title: 'The request is for another server',
    description:
      'An open `npm start` answers to names of this machine only; see `--allow-host`. Nothing was changed.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    description:
      'Within 24 hours, the same key came with another method, path, query, body or precondition. Use a new key for a new request.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    description: 'The token is over its rate limit. `Retry-After` says when to try again.',
    retryAfterSeconds: 1,
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    description: 'The header lines are over 16 KiB together.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong',
    description:
      'A fault on our side. A write may or may not have taken effect: send it again with the same Idempotency-Key.',
  },
  'not-implemented': {
    status: 501,
    title: 'Not part of this server',
    description: 'HTTP has no such method or transfer coding. Nothing was changed.',
  },
  'bad-gateway': {
    status: 502,
    title: 'The function gave no valid answer',
    description:
      'A fault on our side. A write may or may not have taken effect: send it again with the same Idempotency-Key.',
  },
  'not-caught-up': {
    status: 503,
    title: 'Not caught up yet',
    description:
      'What the Consistency-Token or the new id stands for has not been applied yet. It will be: try again after `Retry-After`.',
    retryAfterSeconds: 1,
  },
  'log-unavailable': {
    status: 503,
    title: 'The write could not be logged',
    description:
      'The event log is throttled or down. `detail` says whether the write may have been logged all the same; with an Idempotency-Key it is safe to send the request again.',
    retryAfterSeconds: 1,
  },
  'state-unavailable': {
    status: 503,
    title: 'The state store is not available',
    description:
      'The state store is throttled, full or down, or the catalog of ads is older than this stage serves. A write may or may not have taken effect; with an Idempotency-Key it is safe to send the request again.',
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
    description: 'The server speaks HTTP/1.1 and understands HTTP/1.0.',
  },
  'over-limit': {
    status: 507,
    title: 'The limit of live ads is reached',
    description:
      "The stage's limit of live ads, or of their bytes, is reached. Delete ads or wait until some end.",
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemName = keyof typeof problems;

export const problemNames = Object.keys(problems) as readonly ProblemName[];

export const problemMediaType = 'application/problem+json';

/** Faulty places named in one answer; what is beyond is only counted, in `detail`. */
export const problemErrorsMax = 50;

/** One faulty place: a body field (`increments.3.value`), a query parameter, path parameter or header by its name. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** A URN rather than an address, so that it is the same in every stage; /docs#problem-<name> describes it. */
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
