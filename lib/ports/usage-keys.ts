import { PortError } from './port-error.ts';

/** The principals in the stage's usage plan, which keeps a rate limit for each of them. */
export interface UsageKeys {
  /** Adds a principal; one that is there stays as it is. Rejects with a UsageKeysError. */
  ensure(principal: string): Promise<void>;
  /** Removing what is absent is fine. Rejects with a UsageKeysError. */
  remove(principal: string): Promise<void>;
}

/** `usage-keys-unavailable`: throttled, down or not allowed; the call may have taken effect. */
export class UsageKeysError extends PortError {
  override readonly name = 'UsageKeysError';
  readonly code = 'usage-keys-unavailable';
  readonly retryable = true;
}

/** For rate limits without a plan: the embedded gateway counts by principal. */
export const noUsageKeys: UsageKeys = {
  ensure: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
