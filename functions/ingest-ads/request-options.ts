import type { FieldError } from '../../lib/api/answer/problems.ts';
import type { Preconditions } from '../../lib/api/request/preconditions.ts';
import type { Preferences } from '../../lib/api/request/prefer.ts';
import { acceptedBy, deliveryFields, optionalFields, type AdPatch } from '../../lib/core/ads/ad.ts';
import type { StageSettings } from '../../lib/stages.ts';

/**
 * How long a request with a precondition or an external id waits, so that it can answer 412 if another change
 * came first, or 409 if another ad has the external id.
 */
const decisionWaitMs = 5000;

/** How long to wait for the change to be applied, by `Prefer`, the preconditions and what the change sets. */
export function waitOf(
  request: { readonly preferences: Preferences; readonly preconditions: Preconditions },
  externalId?: string | null,
): { readonly waitMs?: number } {
  const { preferences, preconditions } = request;
  if (preferences.waitSeconds !== undefined) return { waitMs: preferences.waitSeconds * 1000 };
  const guarded = preconditions.ifMatch !== undefined || preconditions.ifNoneMatch !== undefined;
  return guarded || typeof externalId === 'string' ? { waitMs: decisionWaitMs } : {};
}

export function traceOf({ traceparent }: { readonly traceparent?: string }): {
  readonly traceparent?: string;
} {
  return traceparent === undefined ? {} : { traceparent };
}

/** The applied preferences, for `Preference-Applied`. */
export function appliedPreferences({ waitSeconds }: Preferences): { readonly 'Preference-Applied'?: string } {
  return waitSeconds === undefined ? {} : { 'Preference-Applied': `wait=${waitSeconds}` };
}

/** For a stage some of whose functions may be of a release that does not know external ids. */
export function externalIdsRefused(path: string): FieldError {
  return { path, message: 'is not accepted by this stage: its setting externalIds is `read`, not `accept`' };
}

/**
 * The same for the other optional fields that a request sets, each by its path after `prefix`. Null is no such field:
 * it may always remove one.
 */
export function deliveryFieldsRefused(
  content: AdPatch,
  { delivery }: Pick<StageSettings, 'delivery'>,
  prefix = '',
): FieldError[] {
  return deliveryFields.flatMap((name) => {
    if ((content[name] ?? null) === null) return [];
    const setting = delivery.accepts ? acceptedBy[name] : 'accepts';
    if (delivery[setting]) return [];
    const message = `is not accepted by this stage: its setting delivery.${setting} is false`;
    return [{ path: `${prefix}${optionalFields[name]}`, message }];
  });
}
