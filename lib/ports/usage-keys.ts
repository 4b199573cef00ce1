import { PortError } from './port-error.ts';

/** The API keys of the stage's usage plan: each key has its own rate limit. */
export interface UsageKeys {
  /** Idempotent: a principal has one key, however often this is called. Rejects with a UsageKeysError. */
  ensure(principal: string): Promise<void>;
  /** Removing a missing key is not an error. Rejects with a UsageKeysError. */
  remove(principal: string): Promise<void>;
}

/** `usage-keys-unavailable`: throttled, down or not allowed; the call may have taken effect. */
export class UsageKeysError extends PortError {
  override readonly name = 'UsageKeysError';
  readonly code = 'usage-keys-unavailable';
  readonly retryable = true;
}

/** For runtimes without a usage plan: the embedded gateway counts by principal. */
export const noUsageKeys: UsageKeys = {
  ensure: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
