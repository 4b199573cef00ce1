import { operationClasses, type OperationClass } from './operation-class.ts';

/** The limits and time-outs of a client. Every number has a default; the README explains them. */
export interface ClientPolicy {
  /** Time-out of a whole call, with all attempts and pauses, milliseconds. */
  readonly callTimeoutMs: number;
  /** Time-out of one attempt, from sending to the last byte of the answer, milliseconds. */
  readonly tryTimeoutMs: number;
  /**
   * Time-out of a connection, with its name lookup and TLS, milliseconds. Only in Node: browsers and other
   * transports do not offer it.
   */
  readonly connectTimeoutMs: number;
  /** Attempts per call, including the first. */
  readonly triesMax: number;
  /** Concurrent requests of each class, and in Node its connections; calls beyond it wait. */
  readonly connections: Readonly<Record<OperationClass, number>>;
  /** Concurrent calls of each class, with those that wait; one more is refused. */
  readonly callsMax: number;
  readonly backoff: BackoffPolicy;
  readonly retryBudget: RetryBudgetPolicy;
  readonly breaker: BreakerPolicy;
  /** How long calls keep to the rate after a 429, milliseconds. */
  readonly pacedMs: number;
  /**
   * How long calls go to `fallbackUrl` before one of them tries `baseUrl` again, milliseconds.
   */
  readonly fallbackForMs: number;
  /** Bodies of this length or more are sent as gzip, characters; Infinity: none. */
  readonly gzipFromLength: number;
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
  connectTimeoutMs: 3000,
  triesMax: 5,
  connections: { increments: 64, counters: 64, ads: 64, other: 64 },
  callsMax: 1000,
  backoff: { baseMs: 100, maxMs: 10_000 },
  retryBudget: { ratio: 0.1, burst: 10, perSecond: 0.2 },
  breaker: { windowMs: 10_000, triesMin: 20, failureShare: 0.5, openMs: 5000 },
  pacedMs: 30_000,
  fallbackForMs: 30_000,
  gzipFromLength: 1400,
  tokenKeysMax: 10_000,
};

/**
 * In a browser, six connections to a host are usual with HTTP/1.1. Together these are as many, so no class can
 * take a connection from another.
 */
export const browserConnections: ClientPolicy['connections'] = {
  increments: 2,
  counters: 1,
  ads: 2,
  other: 1,
};

type Parts = 'backoff' | 'retryBudget' | 'breaker' | 'connections';

export type PolicyOptions = Partial<Omit<ClientPolicy, Parts>> & {
  readonly [Part in Parts]?: Partial<ClientPolicy[Part]>;
};

/** Throws a RangeError for an invalid number. */
export function makePolicy(
  options: PolicyOptions = {},
  connections: ClientPolicy['connections'] = defaultPolicy.connections,
): ClientPolicy {
  const policy: ClientPolicy = {
    ...defaultPolicy,
    ...options,
    connections: { ...connections, ...options.connections },
    backoff: { ...defaultPolicy.backoff, ...options.backoff },
    retryBudget: { ...defaultPolicy.retryBudget, ...options.retryBudget },
    breaker: { ...defaultPolicy.breaker, ...options.breaker },
  };
  const { backoff, retryBudget, breaker, connections: limits, gzipFromLength, ...plain } = policy;
  for (const part of [plain, backoff, retryBudget, breaker]) {
    for (const [name, value] of Object.entries(part)) {
      if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`${name} must be a number from 0`);
    }
  }
  for (const name of operationClasses) {
    if (!(Number.isInteger(limits[name]) && limits[name] >= 1))
      throw new RangeError(`connections.${name} must be a whole number from 1`);
  }
  if (!(gzipFromLength >= 0)) throw new RangeError('gzipFromLength must be a number from 0, or Infinity');
  return policy;
}
