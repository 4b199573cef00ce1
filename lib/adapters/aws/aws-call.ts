import { backoffMs, type Backoff } from '../../core/backoff.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { classifyFailure, failureReason, type AwsFailure } from './aws-failure.ts';

/** How to retry one call. The SDK itself never retries (aws-clients.ts). */
export interface AwsCallPolicy {
  /** `repeatable`: the call is idempotent, so an unknown outcome may be retried. */
  readonly repeatable: boolean;
  /** From the first attempt to the end of the last, milliseconds. */
  readonly deadlineMs: number;
}

export interface AwsCallDeps {
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly ids: Pick<Ids, 'random'>;
}

/** `failure` covers every attempt: it is `unknown` if one of them was, unless a later answer settles it. */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';
  readonly failure: AwsFailure;

  constructor(failure: AwsFailure, cause: unknown) {
    super(failureReason(cause), { cause });
    this.failure = failure;
  }
}

export const attemptsMax = 3;
export const awsBackoff: Backoff = { firstMs: 100, longestMs: 1000 };

/**
 * Calls `attempt` until it succeeds, must not be repeated, or reaches `attemptsMax` or the deadline. Rejects
 * with an AwsCallError. The signal ends an attempt at the deadline, even if its answer arrives slowly.
 */
export async function callAws<T>(
  deps: AwsCallDeps,
  policy: AwsCallPolicy,
  attempt: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const startedMs = deps.clock.monotonicMs();
  let wasUnknown = false;
  for (let attempts = 1; ; attempts += 1) {
    const leftMs = policy.deadlineMs - (deps.clock.monotonicMs() - startedMs);
    try {
      return await attempt(AbortSignal.timeout(Math.max(1, Math.ceil(leftMs))));
    } catch (error) {
      const failure = classifyFailure(error);
      wasUnknown ||= failure === 'unknown';
      const pauseMs = backoffMs(attempts, awsBackoff, deps.ids.random());
      const pausedMs = deps.clock.monotonicMs() - startedMs + pauseMs;
      if (!mayRepeat(failure, policy) || attempts >= attemptsMax || pausedMs >= policy.deadlineMs) {
        // For a repeatable call, a refusal also settles an earlier attempt without an answer.
        throw new AwsCallError(wasUnknown && failure !== 'refused' ? 'unknown' : failure, error);
      }
      await deps.clock.sleep(pauseMs);
    }
  }
}

function mayRepeat(failure: AwsFailure, policy: AwsCallPolicy): boolean {
  if (failure === 'refused') return false;
  return failure !== 'unknown' || policy.repeatable;
}
