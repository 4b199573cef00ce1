/** How patient a client is and what it allows itself. Every number has a default; the README says why. */
export interface ClientPolicy {
  /** Of a whole call, tries and pauses together. */
  readonly callTimeoutMs: number;
  /** Of one try, from sending it to the last byte of its answer. */
  readonly tryTimeoutMs: number;
  /** Tries of one call, the first included. */
  readonly triesMax: number;
  /** Calls under way; one more is refused. */
  readonly callsMax: number;
  readonly backoff: BackoffPolicy;
  readonly retryBudget: RetryBudgetPolicy;
  readonly breaker: BreakerPolicy;
  /** After a 429 that told the limit, calls keep to its pace for so long; milliseconds. */
  readonly pacedMs: number;
  /** Counters whose tokens are kept. */
  readonly tokenKeysMax: number;
}

export interface BackoffPolicy {
  /** The pause before the second try is drawn from 0 up to this, before the third up to twice this, and so on. */
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
  /** Tries are counted in windows of this length. */
  readonly windowMs: number;
  /** Fewer tries than this in a window tell nothing. */
  readonly triesMin: number;
  /** It opens when this share of the window's tries failed. */
  readonly failureShare: number;
  /** How long it is open before a try may find out whether the API is back. */
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

/** Throws a RangeError for a number that makes no sense. */
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
