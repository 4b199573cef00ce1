import type { Answer } from '../../lib/api/answer/answer.ts';
import { problemAnswer } from '../../lib/api/answer/answer.ts';
import type { IncrementWriter } from '../../lib/app/counters/increment-writer.ts';
import type { Idempotency } from '../../lib/app/idempotency.ts';

export interface Parts {
  readonly writer: IncrementWriter;
  readonly idempotency: Idempotency;
}

/** Nothing of the request is certainly in the log. */
export function logUnavailable(ambiguous: boolean): Answer {
  return problemAnswer('log-unavailable', {
    detail: ambiguous
      ? 'The increments may or may not have been logged, each once at most. With an Idempotency-Key it is safe to send them again; without one they might be counted twice.'
      : 'Nothing was logged; send the request again.',
  });
}
