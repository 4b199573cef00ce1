import {
  problemBody,
  problemErrorsMax,
  problemKind,
  problemMediaType,
  type FieldError,
  type ProblemName,
} from './problems.ts';

/** The answer as middlewares pass it on; the outermost turns it into an API Gateway proxy result. */
export interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  /** Makes the body only if it is sent: the answer may still become 304 or 412. */
  makeBody?: (() => string) | undefined;
  isBase64Encoded?: true;
  /** The increments that it acknowledges, for the caller's usage; absent: none. A replay acknowledges none. */
  increments?: number;
}

export const jsonMediaType = 'application/json';

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem as an operation answers it. */
export interface Problem<Name extends ProblemName = ProblemName> extends ProblemOptions {
  readonly problem: Name;
}

/** One of several problems. */
export type ProblemOf<Name extends ProblemName> = Name extends ProblemName ? Problem<Name> : never;

export function problem<const Name extends ProblemName>(
  name: Name,
  options: ProblemOptions = {},
): Problem<Name> {
  return { problem: name, ...options };
}

/** Answers 400 for fields that only the stage or the current time makes invalid, which no schema knows. */
export function invalidRequest(errors: readonly FieldError[]): Problem<'invalid-request'> {
  const named = errors.slice(0, problemErrorsMax);
  return problem('invalid-request', { detail: faultsSummary(errors.length, named.length), errors: named });
}

/** A sentence for `detail`. */
export function faultsSummary(count: number, named = count): string {
  const what = count === 1 ? '1 invalid field' : `${count} invalid fields`;
  return named === count ? `${what}; see errors.` : `${what}; the first ${named} are in errors.`;
}

export function problemAnswer(name: ProblemName, options: ProblemOptions = {}): Answer {
  const { status, description, retryAfterSeconds } = problemKind(name);
  return {
    statusCode: status,
    headers: {
      'Content-Type': problemMediaType,
      'Cache-Control': 'no-store',
      ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
      ...options.headers,
    },
    body: problemBody(name, options.detail ?? description, options.errors),
  };
}

/** Refuses a request before its operation runs. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest';
  readonly answer: Answer;

  constructor(problemName: ProblemName, options: ProblemOptions = {}) {
    super(problemName);
    this.answer = problemAnswer(problemName, options);
  }
}
