import type { TryResult } from './try-once.ts';

export interface Verdict {
  /**
   * `done`: the caller gets the answer; `failed`: the call has failed; `again`: a retry is useful and safe.
   */
  readonly next: 'done' | 'failed' | 'again';
  /** It may have taken effect. */
  readonly ambiguous: boolean;
  /** What it says about the API's health; undefined: nothing. */
  readonly healthy: boolean | undefined;
}

export interface Judged {
  /** It is idempotent. */
  readonly repeatable: boolean;
  /** It changes something. */
  readonly writes: boolean;
  /** The status of a success that is incomplete. */
  readonly isUnfinished: (status: number) => boolean;
}

/** Temporary failures. */
const transientStatuses: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * Decides what follows an attempt. A request that certainly wrote nothing may always be retried: after a 429
 * or a refused connection. All other failures are ambiguous, and only idempotent requests are retried.
 */
export function judge(result: TryResult, { repeatable, writes, isUnfinished }: Judged): Verdict {
  if (result.type === 'failed') {
    if (result.reason === 'not-connected') return { next: 'again', ambiguous: false, healthy: false };
    const next = repeatable && result.reason !== 'aborted' ? 'again' : 'failed';
    const ambiguous = writes && !result.neverSent;
    return { next, ambiguous, healthy: result.reason === 'aborted' ? undefined : false };
  }
  const { status } = result;
  if (status === 429) return { next: 'again', ambiguous: false, healthy: true };
  if (transientStatuses.has(status)) {
    return { next: repeatable ? 'again' : 'failed', ambiguous: writes, healthy: isNotCaughtUp(result.text) };
  }
  if (isUnfinished(status)) return { next: 'again', ambiguous: true, healthy: true };
  return { next: status < 400 ? 'done' : 'failed', ambiguous: false, healthy: true };
}

/** A 503 that only asks to wait does not mean that the API is unhealthy. */
function isNotCaughtUp(text: string): boolean {
  return text.includes('urn:adtally:problem:not-caught-up');
}
