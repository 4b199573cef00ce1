import type { Problem } from './generated/schemas.ts';

/**
 * Why a call failed without a problem document. The first line of them went wrong on
 * the way; the others are the client's own refusals: nothing was sent.
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

export interface FailureFacts {
  /** A `ClientFailure`, or the name of a problem, such as `not-found`; `http-<status>`: an answer without a problem. */
  readonly code: string;
  /** Another try may succeed, and cannot take effect twice: send it with `idempotencyKey`, if there is one. */
  readonly retryable: boolean;
  /** The call may have taken effect, by this try or an earlier one; false: it certainly has not. */
  readonly ambiguous: boolean;
  /** Requests that were sent. */
  readonly tries: number;
  /** The key the tries carried, made by the client or given. */
  readonly idempotencyKey?: string | undefined;
}

/** What every call rejects with, if it fails. */
export class AdtallyError extends Error {
  override readonly name: string = 'AdtallyError';
  readonly code: string;
  readonly retryable: boolean;
  readonly ambiguous: boolean;
  readonly tries: number;
  readonly idempotencyKey: string | undefined;

  constructor(message: string, facts: FailureFacts, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = facts.code;
    this.retryable = facts.retryable;
    this.ambiguous = facts.ambiguous;
    this.tries = facts.tries;
    this.idempotencyKey = facts.idempotencyKey;
  }
}

/** The API answered with a problem (RFC 9457); its `code` is the last part of `type`. */
export class ProblemError extends AdtallyError {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  /** Every faulty place of the request, as far as the API named it. */
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

/** The problem in a body; what stands between client and API may answer with something else. */
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
