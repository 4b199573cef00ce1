/** The limits and time-outs of a client. Every number has a default; the README explains them. */
export interface ClientPolicy {
  /** Time-out of a whole call, with all attempts and pauses, milliseconds. */
  readonly callTimeoutMs: number;
  /** Time-out of one attempt, from sending to the last byte of the answer, milliseconds. */
  readonly tryTimeoutMs: number;
  /** Attempts per call, including the first. */
  readonly triesMax: number;
  /** Concurrent calls; one more is refused. */
  readonly callsMax: number;
  readonly backoff: BackoffPolicy;
  readonly retryBudget: RetryBudgetPolicy;
  readonly breaker: BreakerPolicy;
  /** How long calls keep to the rate after a 429, milliseconds. */
  readonly pacedMs: number;
  /** The most counters whose tokens are kept. */
  readonly tokenKeysMax: number;
}

export interface BackoffPolicy {
  /**
   * The pause before the second attempt is random from 0 to this, before the third to twice this, and so on.
   */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Retries <= `burst` + `ratio` * calls + `perSecond` * seconds, at any time. */
export interface RetryBudgetPolicy {
  readonly ratio: number;
  readonly burst: number;
  readonly perSecond: number;
}

export interface BreakerPolicy {
  /** Attempts are counted in windows of this length, milliseconds. */
  readonly windowMs: number;
  /** With fewer attempts in a window the breaker does not open. */
  readonly triesMin: number;
  /** It opens when this share of the window's attempts failed. */
  readonly failureShare: number;
  /** How long it stays open before one attempt may check the API, milliseconds. */
  readonly openMs: number;
}

export const defaultPolicy: ClientPolicy = {
  callTimeoutMs: 30_000,
  tryTimeoutMs: 10_000,
  triesMax: 5,
  callsMax: 1000,
  backoff: { baseMs: 100, maxMs: 10_000 },
  retryBudget: { ratio: 0.1, burst: 10, perSecond: 0.2 },
  breaker: { windowMs: 10_000, triesMin: 20, failureShare: 0.5, openMs: 5000 },
  pacedMs: 30_000,
  tokenKeysMax: 1000,
};

export type PolicyOptions = Partial<Omit<ClientPolicy, 'backoff' | 'retryBudget' | 'breaker'>> & {
  readonly [Part in 'backoff' | 'retryBudget' | 'breaker']?: Partial<ClientPolicy[Part]>;
};

/** Throws a RangeError for an invalid number. */
export function makePolicy(options: PolicyOptions = {}): ClientPolicy {
  const policy: ClientPolicy = {
    ...defaultPolicy,
    ...options,
    backoff: { ...defaultPolicy.backoff, ...options.backoff },
    retryBudget: { ...defaultPolicy.retryBudget, ...options.retryBudget },
    breaker: { ...defaultPolicy.breaker, ...options.breaker },
  };
  const { backoff, retryBudget, breaker, ...plain } = policy;
  for (const part of [plain, backoff, retryBudget, breaker]) {
    for (const [name, value] of Object.entries(part)) {
      if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`${name} must be a number from 0`);
    }
  }
  return policy;
}
