import type { Problem } from './generated/schemas.ts';

/**
 * Why a call failed without a problem document. Those of the first line happened during the call. The others
 * are refusals of the client, which sent nothing.
 */
export type ClientFailure =
  | 'timed-out'
  | 'no-answer'
  | 'not-connected'
  | 'aborted'
  | 'unexpected-answer'
  | 'partly-accepted'
  | 'circuit-open'
  | 'rate-limited'
  | 'too-many-calls'
  | 'closed'
  | 'queue-full'
  | 'invalid-input';

/**
 * Whether the same call may be made again. `safe`: it cannot take effect twice, because this one has not, or
 * because it reads or deletes. `with-key`: it may have taken effect; with `idempotencyKey`, within 24 hours,
 * it takes effect once. `unsafe`: it may have taken effect, and there is no key by which the API would know.
 */
export type Repeat = 'safe' | 'with-key' | 'unsafe';

export interface FailureFacts {
  /**
   * A `ClientFailure`, the name of a problem such as `not-found`, or `http-<status>` for an answer without a
   * problem.
   */
  readonly code: string;
  /** A retry may succeed and cannot take effect twice. Send it with `idempotencyKey`, if there is one. */
  readonly retryable: boolean;
  /** true: the call may have taken effect, by any attempt; false: it certainly has not. */
  readonly ambiguous: boolean;
  /** Default: `safe` unless it is ambiguous, then `with-key` if there is one. */
  readonly repeat?: Repeat | undefined;
  /** The number of requests sent. */
  readonly tries: number;
  /** The key of all attempts, from the client or the caller. */
  readonly idempotencyKey?: string | undefined;
  /** `X-Request-Id` of the last answer, for a report to the operators; undefined: there was no answer. */
  readonly requestId?: string | undefined;
}

/** The error with which every call rejects. */
export class AdtallyError extends Error {
  override readonly name: string = 'AdtallyError';
  readonly code: string;
  readonly retryable: boolean;
  readonly ambiguous: boolean;
  readonly repeat: Repeat;
  readonly tries: number;
  readonly idempotencyKey: string | undefined;
  readonly requestId: string | undefined;

  constructor(message: string, facts: FailureFacts, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = facts.code;
    this.retryable = facts.retryable;
    this.ambiguous = facts.ambiguous;
    this.repeat = facts.repeat ?? repeatOf(facts);
    this.tries = facts.tries;
    this.idempotencyKey = facts.idempotencyKey;
    this.requestId = facts.requestId;
  }
}

function repeatOf({ ambiguous, idempotencyKey }: FailureFacts): Repeat {
  if (!ambiguous) return 'safe';
  return idempotencyKey === undefined ? 'unsafe' : 'with-key';
}

/** The input cannot be valid, so the client sent nothing. */
export class InvalidInputError extends AdtallyError {
  override readonly name = 'InvalidInputError';
  /** The invalid fields, named as a `ProblemError` names them, with their values. */
  readonly errors: readonly { readonly path: string; readonly message: string; readonly value: unknown }[];

  constructor(message: string, errors: InvalidInputError['errors'], cause?: unknown) {
    super(message, { code: 'invalid-input', retryable: false, ambiguous: false, tries: 0 }, cause);
    this.errors = errors;
  }
}

/** The API answered with a problem (RFC 9457); its `code` is the last part of `type`. */
export class ProblemError extends AdtallyError {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  /** The invalid fields that the API named. */
  readonly errors: Problem['errors'];

  constructor(problem: Problem, facts: FailureFacts) {
    super(`${problem.status} ${problem.title}: ${problem.detail}`, facts);
    this.status = problem.status;
    this.type = problem.type;
    this.title = problem.title;
    this.detail = problem.detail;
    this.errors = problem.errors;
  }
}

const typePrefix = 'urn:adtally:problem:';

export function problemCode({ type, status }: Problem): string {
  return type.startsWith(typePrefix) ? type.slice(typePrefix.length) : `http-${status}`;
}

/** The problem in a body. A proxy between client and API may answer with something else. */
export function readProblem(status: number, text: string): Problem {
  const given = parseObject(text);
  const own = (name: string, other: string): string => {
    const value = given[name];
    return typeof value === 'string' ? value : other;
  };
  return {
    status,
    type: own('type', 'about:blank'),
    title: own('title', 'No problem document'),
    detail: own('detail', text.slice(0, detailLengthMax)),
    errors: Array.isArray(given.errors) ? (given.errors as Problem['errors']) : [],
  };
}

const detailLengthMax = 200;

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
