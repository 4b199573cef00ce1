import { isPortError } from '../../ports/port-error.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { problemAnswer, type Answer } from './answer.ts';

const retryWithKey =
  'A write may or may not have taken effect; with the same Idempotency-Key it is safe to send it again.';

/** The answer for a failure of the outside world that a port told of; undefined: a bug. */
export function portProblem(error: unknown): Answer | undefined {
  if (isStateStoreError(error)) {
    switch (error.code) {
      case 'state-full':
        return problemAnswer('state-unavailable', {
          detail: 'There is no room left to write. Try again later.',
        });
      case 'state-throttled':
      case 'state-conflict':
        return problemAnswer('state-unavailable', { detail: 'The state store is busy. Try again.' });
      case 'state-unavailable':
        return problemAnswer('state-unavailable', {
          detail: `The state store did not answer. ${retryWithKey}`,
        });
    }
  }
  if (isPortError(error)) return problemAnswer('state-unavailable', { detail: retryWithKey });
  return undefined;
}
