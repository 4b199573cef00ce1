import type { APIGatewayProxyEvent } from 'aws-lambda';
import { errorFields } from '../../ports/error-fields.ts';
import { isPortError } from '../../ports/port-error.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { problemAnswer, RefusedRequest, type Answer } from '../answer/answer.ts';
import { requestFields } from './edge.ts';
import type { Edge } from './edge.ts';

/**
 * Turns errors into answers: a refusal into its own answer, a failure of a port into 503, a bug into a
 * bare 500.
 */
export function failures(telemetry: Telemetry): Edge {
  return {
    onError: (request) => {
      request.response = failureAnswer(telemetry, request.event, request.error);
    },
  };
}

function failureAnswer(telemetry: Telemetry, event: APIGatewayProxyEvent, error: unknown): Answer {
  if (error instanceof RefusedRequest) return error.answer;
  const answer = portProblem(error);
  const fields = { ...requestFields(event), ...errorFields(error) };
  if (answer === undefined) telemetry.error('request crashed', fields);
  else telemetry.warn('request failed', fields);
  return answer ?? problemAnswer('internal');
}

const retryWithKey =
  'A write may or may not have taken effect. With the same Idempotency-Key it is safe to send it again.';

/** The answer for a failure that a port reported; undefined: it is a bug. */
function portProblem(error: unknown): Answer | undefined {
  if (isStateStoreError(error)) {
    switch (error.code) {
      case 'state-full':
        return problemAnswer('state-unavailable', {
          detail: 'The store is full. Try again later.',
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
  return isTimeout(error) ? problemAnswer('gateway-timeout') : undefined;
}

/** Middy throws it shortly before Lambda would end the invocation without an answer. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError' && error.message.includes('AbortError');
}
