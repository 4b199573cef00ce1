import { retryAfterMs } from './backoff.ts';

/** What an answer says about the token's limit. */
export interface RateHeaders {
  readonly status: number;
  get(name: string): string | null;
}

interface Now {
  readonly nowMs: number;
  readonly monotonicMs: number;
}

/**
 * Delays all calls of the client after the API reported that the token's limit is reached: until
 * `Retry-After`, and then for a while at the rate of `RateLimit-Policy`, or 50 a second without that header.
 * Otherwise all waiting calls would go out together and be refused again.
 */
export class RateGate {
  readonly #pacedMs: number;
  readonly #random: () => number;
  #nextMs = -Infinity;
  #intervalMs = defaultIntervalMs;
  #pacedUntilMs = -Infinity;

  constructor(pacedMs: number, random: () => number) {
    this.#pacedMs = pacedMs;
    this.#random = random;
  }

  /**
   * Reserves a slot and returns the milliseconds until then, at most `waitMsMax`; undefined: it would be
   * longer.
   */
  enter(nowMs: number, waitMsMax: number): number | undefined {
    const atMs = Math.max(nowMs, this.#nextMs);
    if (atMs - nowMs > waitMsMax) return undefined;
    if (atMs < this.#pacedUntilMs) this.#nextMs = atMs + this.#intervalMs;
    return atMs - nowMs;
  }

  learn(answer: RateHeaders, now: Now): void {
    const waitMs = heldBackMs(answer, now.nowMs);
    if (waitMs === undefined) return;
    this.#intervalMs = paceOf(answer.get('RateLimit-Policy')) ?? this.#intervalMs;
    // Up to a quarter longer, because other processes with the same token wait too.
    const spreadMs = (this.#random() * waitMs) / 4;
    this.#nextMs = Math.max(this.#nextMs, now.monotonicMs + waitMs + spreadMs);
    this.#pacedUntilMs = this.#nextMs + this.#pacedMs;
  }
}

const defaultWaitMs = 1000;
const defaultIntervalMs = 20;

/** undefined: calls are left. An answer may report that it was the last allowed one. */
function heldBackMs(answer: RateHeaders, nowMs: number): number | undefined {
  const left = answer.get('RateLimit');
  const isEmpty = left !== null && /;\s*r=0(?!\d)/.test(left);
  if (answer.status !== 429 && !isEmpty) return undefined;
  const resetSeconds = left === null ? undefined : /;\s*t=(\d{1,9})/.exec(left)?.[1];
  const reset = resetSeconds === undefined ? undefined : Number(resetSeconds) * 1000;
  return (
    (answer.status === 429 ? retryAfterMs(answer.get('Retry-After'), nowMs) : undefined) ??
    reset ??
    defaultWaitMs
  );
}

/** Milliseconds between two calls; undefined: unknown. */
function paceOf(policy: string | null): number | undefined {
  if (policy === null) return undefined;
  const quota = Number(/;\s*q=(\d{1,9})/.exec(policy)?.[1] ?? 0);
  const windowSeconds = Number(/;\s*w=(\d{1,9})/.exec(policy)?.[1] ?? 0);
  return quota > 0 && windowSeconds > 0 ? (windowSeconds * 1000) / quota : undefined;
}
