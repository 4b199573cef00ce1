/**
 * A failure of the outside world, told by an adapter. Ports list the codes they may throw; anything else that
 * leaves an adapter is a bug. `retryable` says whether the same call may succeed later without a change.
 */
export abstract class PortError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
}

export function isPortError(error: unknown): error is PortError {
  return error instanceof PortError;
}
