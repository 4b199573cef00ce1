import { PortError } from './port-error.ts';

/** Who has a place in the stage's usage plan: its rate limit is kept for each of them apart. */
export interface UsageKeys {
  /** Repeatable: a principal has one place however often it is asked for. Rejects with a UsageKeysError. */
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

/** Where rate limits need no places: the embedded gateway counts by principal. */
export const noUsageKeys: UsageKeys = {
  ensure: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
