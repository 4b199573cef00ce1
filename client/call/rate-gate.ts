import { retryAfterMs } from './backoff.ts';

/** What an answer says of the token's limit. */
export interface RateHeaders {
  readonly status: number;
  get(name: string): string | null;
}

interface Now {
  readonly nowMs: number;
  readonly monotonicMs: number;
}

/**
 * Holds all calls of the client back once the API has said that the token's limit is reached: until `Retry-After`, and
 * then for a while at the pace of `RateLimit-Policy`, or at 50 a second if that was not told. Otherwise those that waited would all come at once
 * and be refused again.
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

  /** Milliseconds to wait before sending, at most `waitMsMax`, which takes a place; undefined: it would be longer. */
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
    // Up to a quarter more: other processes with the same token wait as well.
    const spreadMs = (this.#random() * waitMs) / 4;
    this.#nextMs = Math.max(this.#nextMs, now.monotonicMs + waitMs + spreadMs);
    this.#pacedUntilMs = this.#nextMs + this.#pacedMs;
  }
}

const defaultWaitMs = 1000;
const defaultIntervalMs = 20;

/** undefined: there is something left. An answer may be the last that was allowed, and say so. */
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

/** Milliseconds from one call to the next; undefined: not told. */
function paceOf(policy: string | null): number | undefined {
  if (policy === null) return undefined;
  const quota = Number(/;\s*q=(\d{1,9})/.exec(policy)?.[1] ?? 0);
  const windowSeconds = Number(/;\s*w=(\d{1,9})/.exec(policy)?.[1] ?? 0);
  return quota > 0 && windowSeconds > 0 ? (windowSeconds * 1000) / quota : undefined;
}
