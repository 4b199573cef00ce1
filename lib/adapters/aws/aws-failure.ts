/**
 * What the failure of an AWS call says about its effect:
 * - `not-sent`: no connection, or no credentials: the request never left;
 * - `throttled`: the service rejected it and may accept it later;
 * - `refused`: the service rejected it and would do so again;
 * - `unknown`: a time-out, a reset, a 5xx, an unreadable answer: it may have taken effect, now or later.
 */
export type AwsFailure = 'not-sent' | 'throttled' | 'refused' | 'unknown';

export function classifyFailure(error: unknown): AwsFailure {
  const { name, code, message, status } = describe(error);
  if (status === undefined) return wasNeverSent(name, code, message) ? 'not-sent' : 'unknown';
  // 408: the service stopped waiting for the rest of a request.
  if (status < 400 || status > 499 || status === 408 || ambiguousNames.has(name)) return 'unknown';
  return status === 429 || throttlingNames.has(name) ? 'throttled' : 'refused';
}

/**
 * The name of the error for log lines and results, without the content of the request, and why DynamoDB
 * throttles it: `TableWriteKeyRangeThroughputExceeded` is a hot item, `TableWriteAccountLimitExceeded` a quota.
 */
export function failureReason(error: unknown): string {
  const { name, code, status, throttlingReasons } = describe(error);
  return [name, code, status, ...throttlingReasons]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}

/** Errors by which a service rejects work that it may accept later. None of the work was done. */
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

/**
 * Client errors by status, but the request may still be in progress: an earlier attempt, or the rest of this
 * one.
 */
const ambiguousNames: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  'TransactionInProgressException',
]);

/** Codes of connect(2) and of name resolution, which an open connection cannot have. */
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
  // NodeHttpHandler has no code for its connection time-out. If the text changes, the result is 'unknown',
  // which is safe.
  return name === 'TimeoutError' && message.includes('did not establish a connection');
}

interface FailureFacts {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  /** From an error answer that was read completely. */
  readonly status: number | undefined;
  readonly throttlingReasons: readonly string[];
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
    throttlingReasons: throttlingReasonsOf(found),
  };
}

/** Two of DynamoDB's exceptions begin the name with a capital, one does not. */
function throttlingReasonsOf({
  ThrottlingReasons,
  throttlingReasons = ThrottlingReasons,
}: Record<string, unknown>): readonly string[] {
  if (!Array.isArray(throttlingReasons)) return [];
  const reasons = throttlingReasons.map((one: { readonly reason?: unknown } | null) => one?.reason);
  return [...new Set(reasons.filter((reason) => typeof reason === 'string'))];
}
