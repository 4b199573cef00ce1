import { invalidRequest, problem, type ProblemOf } from '../../lib/api/answer/answer.ts';
import { campaignMissing } from '../../lib/api/optional-field-schemas.ts';
import { problemBody, problemKind } from '../../lib/api/answer/problems.ts';
import type { AdWriteResult } from '../../lib/app/ads/ad-writer.ts';
import type { Refusal } from '../../lib/core/ads/ad-change.ts';
import { metadataBytesMax, metadataKeysMax } from '../../lib/core/ads/ad.ts';
import { assertNever } from '../../lib/core/assert.ts';

type Unwritten = Extract<AdWriteResult, { readonly status: 'refused' | 'not-caught-up' | 'log-unavailable' }>;

const metadataMessage = `must have at most ${metadataKeysMax} keys and ${metadataBytesMax} bytes as JSON, together with what the ad has`;

type RefusalName = 'not-found' | 'precondition-failed' | 'conflict' | 'invalid-request' | 'over-limit';

/** The problem for a change that had no effect, or an unknown one. */
export function writeProblem(
  result: Unwritten,
): ProblemOf<RefusalName | 'not-caught-up' | 'log-unavailable'> {
  switch (result.status) {
    case 'refused':
      return refusalProblem(result.reason);
    case 'not-caught-up':
      return problem('not-caught-up');
    case 'log-unavailable':
      return problem('log-unavailable', {
        detail: result.ambiguous
          ? 'The change may or may not have been logged. DELETE, and requests with an Idempotency-Key, are safe to send again.'
          : 'The change was not logged. Send it again.',
      });
    default:
      return assertNever(result);
  }
}

/** The body of the problem. */
export function refusalBody(reason: Refusal): string {
  const { problem: name, detail, errors } = refusalProblem(reason);
  return problemBody(name, detail ?? problemKind(name).description, errors);
}

function refusalProblem(reason: Refusal): ProblemOf<RefusalName> {
  switch (reason) {
    case 'not-found':
      return problem('not-found', { detail: 'No live ad has this id.' });
    case 'version-mismatch':
      return problem('precondition-failed');
    case 'already-exists':
      return problem('conflict');
    case 'external-id-taken':
      return problem('conflict', { detail: 'Another live ad has this external_id. Choose another one.' });
    case 'invalid-window':
      return invalidRequest([{ path: 'end_at', message: 'must be after start_at' }]);
    case 'invalid-ages':
      return invalidRequest([{ path: 'age_end', message: 'must not be below age_start' }]);
    case 'metadata-too-large':
      return invalidRequest([{ path: 'metadata', message: metadataMessage }]);
    case 'cap-without-campaign':
      return invalidRequest([{ path: 'frequency.scope', message: campaignMissing }]);
    case 'already-ended':
      return invalidRequest([{ path: 'end_at', message: 'must be in the future' }]);
    case 'over-limit':
      return problem('over-limit');
    case 'not-due':
      // Only AdExpired has this refusal, and no call appends one.
      throw new Error('a request was refused as not yet due');
    default:
      return assertNever(reason);
  }
}
