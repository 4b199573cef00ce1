import { jsonAnswer, problemAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { versionTag } from '../../lib/api/request/entity-tags.ts';
import type { AdWriteResult } from '../../lib/app/ads/ad-writer.ts';
import type { Refusal } from '../../lib/core/ads/ad-change.ts';
import { adToJson } from '../../lib/core/ads/ad-json.ts';
import { assertNever } from '../../lib/core/assert.ts';

export interface WriteAnswerOptions {
  /** 201 for a new ad, 200 for a changed one. */
  readonly appliedStatus: 200 | 201;
  /** What `Location` says in front of the new ad's id. */
  readonly location?: string;
  /** The preference that was honoured, for `Preference-Applied`. */
  readonly waitSeconds?: number;
}

export const alreadyEndedMessage = 'is already over';

export function writeAnswer(result: AdWriteResult, options: WriteAnswerOptions): Answer {
  switch (result.status) {
    case 'accepted':
      return jsonAnswer(202, JSON.stringify({ id: result.adId, status: 'accepted' }), {
        ...location(result.adId, options),
        'Consistency-Token': result.token,
        ...preferenceApplied(options),
      });
    case 'applied':
      return jsonAnswer(options.appliedStatus, adToJson(result.ad), {
        ...location(result.adId, options),
        ETag: versionTag(result.ad.version),
        'Consistency-Token': result.token,
        ...preferenceApplied(options),
      });
    case 'removed': {
      const headers = { 'Consistency-Token': result.token, ...preferenceApplied(options) };
      return { statusCode: 204, headers, body: '' };
    }
    case 'unchanged':
      return jsonAnswer(200, adToJson(result.ad), {
        ETag: versionTag(result.ad.version),
        ...preferenceApplied(options),
      });
    case 'refused':
      return refusalAnswer(result.reason);
    case 'not-caught-up':
      return problemAnswer('not-caught-up');
    case 'log-unavailable':
      return problemAnswer('log-unavailable', {
        detail: result.ambiguous
          ? 'The change may or may not have been logged; send it again, with an Idempotency-Key if it creates or changes.'
          : 'The change was not logged; send it again.',
      });
    default:
      return assertNever(result);
  }
}

function refusalAnswer(reason: Refusal): Answer {
  switch (reason) {
    case 'not-found':
      return problemAnswer('not-found', { detail: 'No live ad has this id.' });
    case 'version-mismatch':
      return problemAnswer('precondition-failed');
    case 'already-exists':
      return problemAnswer('conflict');
    case 'invalid-window':
      return faultyField('end_at', 'must be after start_at');
    case 'invalid-ages':
      return faultyField('age_end', 'must not be below age_start');
    case 'already-ended':
      return faultyField('end_at', alreadyEndedMessage);
    case 'over-limit':
      return problemAnswer('over-limit');
    case 'not-due':
      // Only an AdExpired is refused so, and no call appends one.
      throw new Error('a request was refused as not due');
    default:
      return assertNever(reason);
  }
}

function faultyField(path: string, message: string): Answer {
  return problemAnswer('invalid-request', {
    detail: '1 fault, named in errors.',
    errors: [{ path, message }],
  });
}

function location(adId: string, options: WriteAnswerOptions): Record<string, string> {
  return options.location === undefined ? {} : { Location: options.location + adId };
}

function preferenceApplied({ waitSeconds }: WriteAnswerOptions): Record<string, string> {
  return waitSeconds === undefined ? {} : { 'Preference-Applied': `wait=${waitSeconds}` };
}
