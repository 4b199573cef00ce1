import type { TryResult } from './try-once.ts';

export interface Verdict {
  /** `done`: the caller gets the answer; `failed`: for good; `again`: worth another try, and safe. */
  readonly next: 'done' | 'failed' | 'again';
  /** It may have taken effect all the same. */
  readonly ambiguous: boolean;
  /** What it says of the API's health; undefined: nothing. */
  readonly healthy: boolean | undefined;
}

export interface Judged {
  /** Sending it twice has the effect of sending it once. */
  readonly repeatable: boolean;
  /** It changes something. */
  readonly writes: boolean;
  /** A success that leaves something to be done, by its status. */
  readonly isUnfinished: (status: number) => boolean;
}

/** Failures of the moment. */
const transientStatuses: ReadonlySet<number> = new Set([500, 502, 503, 504]);

/**
 * What to make of a try. What is certainly not written may be sent again whatever it is: a 429 comes before the write,
 * and so does a connection that was refused. All other failures are ambiguous, and only what is repeatable is repeated.
 */
export function judge(result: TryResult, { repeatable, writes, isUnfinished }: Judged): Verdict {
  if (result.type === 'failed') {
    if (result.reason === 'not-connected') return { next: 'again', ambiguous: false, healthy: false };
    const next = repeatable && result.reason !== 'aborted' ? 'again' : 'failed';
    return { next, ambiguous: writes, healthy: result.reason === 'aborted' ? undefined : false };
  }
  const { status } = result;
  if (status === 429) return { next: 'again', ambiguous: false, healthy: true };
  if (transientStatuses.has(status)) {
    return { next: repeatable ? 'again' : 'failed', ambiguous: writes, healthy: isNotCaughtUp(result.text) };
  }
  if (isUnfinished(status)) return { next: 'again', ambiguous: true, healthy: true };
  return { next: status < 400 ? 'done' : 'failed', ambiguous: false, healthy: true };
}

/** A 503 that asks for a moment's patience is no sign of an API in trouble. */
function isNotCaughtUp(text: string): boolean {
  return text.includes('urn:adtally:problem:not-caught-up');
}
