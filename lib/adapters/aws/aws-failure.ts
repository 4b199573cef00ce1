/**
 * What a failed call of an AWS service says about its effect:
 * - `not-sent`: no connection, or no credentials: the request never left;
 * - `throttled`: the service turned it away, and may take it later;
 * - `refused`: the service turned it away, and would again;
 * - `unknown`: a time-out, a reset, a 5xx, an answer that cannot be read: it may have taken effect, or may yet.
 */
export type AwsFailure = 'not-sent' | 'throttled' | 'refused' | 'unknown';

export function classifyFailure(error: unknown): AwsFailure {
  const { name, code, message, status } = describe(error);
  if (status === undefined) return wasNeverSent(name, code, message) ? 'not-sent' : 'unknown';
  // 408: the service gave up waiting for the rest of a request that it had begun to read.
  if (status < 400 || status > 499 || status === 408 || ambiguousNames.has(name)) return 'unknown';
  return status === 429 || throttlingNames.has(name) ? 'throttled' : 'refused';
}

/** For log lines and results: what it was called, never the request's content. */
export function failureReason(error: unknown): string {
  const { name, code, status } = describe(error);
  return [name, code, status].filter((part) => part !== undefined && part !== '').join(' ');
}

/** By these a service refuses work that it would take later; none of it was done. */
const throttlingNames: ReadonlySet<string> = new Set([
  'KMSThrottlingException',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** Client errors by their status, but the request may be under way: an earlier sending of it, or its late half. */
const ambiguousNames: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  'TransactionInProgressException',
]);

/** Codes of connect(2) and of name resolution: a connection in use cannot fail by them. */
const connectCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

function wasNeverSent(name: string, code: string | undefined, message: string): boolean {
  if (code !== undefined && connectCodes.has(code)) return true;
  if (name === 'CredentialsProviderError') return true;
  // NodeHttpHandler gives its connection time-out no code of its own; a changed text makes it 'unknown', the safe side.
  return name === 'TimeoutError' && message.includes('did not establish a connection');
}

interface FailureFacts {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  /** Of an answer that was read as a whole and understood as an error. */
  readonly status: number | undefined;
}

function describe(error: unknown): FailureFacts {
  const found = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const text = (name: string): string | undefined => {
    const value = found[name];
    return typeof value === 'string' ? value : undefined;
  };
  const metadata = found['$metadata'] as { httpStatusCode?: unknown } | undefined;
  const status = metadata?.httpStatusCode;
  return {
    name: text('name') ?? 'unknown',
    message: text('message') ?? '',
    code: text('code'),
    status: typeof status === 'number' ? status : undefined,
  };
}
