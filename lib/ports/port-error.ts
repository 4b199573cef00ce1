/**
 * A failure of the outside world that an adapter reports. Each port lists its codes; any other error of an
 * adapter is a bug. `retryable`: the same call may succeed later without a change.
 */
export abstract class PortError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
}

export function isPortError(error: unknown): error is PortError {
  return error instanceof PortError;
}

/** What a log line may say of an error: its message may hold user data. */
export function errorName(error: unknown): string {
  if (isPortError(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}
