import { problemBody, problemKind, problemMediaType, type FieldError, type ProblemName } from './problems.ts';

/** An API Gateway proxy result; the edge (http-function.ts) adds the headers that every answer has. */
export interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

export const jsonMediaType = 'application/json';

export function jsonAnswer(statusCode: number, body: string, headers: Record<string, string> = {}): Answer {
  return { statusCode, headers: { 'Content-Type': jsonMediaType, ...headers }, body };
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
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

/** 400 with every faulty place of the request. */
export function faultsAnswer(faults: { readonly named: readonly FieldError[]; summary(): string }): Answer {
  return problemAnswer('invalid-request', { detail: faults.summary(), errors: faults.named });
}
