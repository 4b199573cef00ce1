import { matchedVersions, versionTag, weakMatch } from '../../lib/api/request/entity-tags.ts';
import type { Preconditions } from '../../lib/api/request/preconditions.ts';
import type { Preferences } from '../../lib/api/request/prefer.ts';
import type { AdReader } from '../../lib/app/ads/ad-reader.ts';

/** How long a request with a precondition waits by itself, so that a lost race can be answered 412. */
const preconditionWaitMs = 5000;

/** No ad will ever have it. */
const versionOfNone = Number.MAX_SAFE_INTEGER;

/**
 * The one version that a change is bound to by its preconditions (RFC 9110, 13.2.2); that it is still the current one is
 * decided when the change is applied. Of several in If-Match the current one is taken. An If-None-Match that does not
 * name the current version binds the change to just that one: it says nothing about a later version.
 */
export async function toIfVersion(
  { ifMatch, ifNoneMatch }: Preconditions,
  adId: string,
  reader: AdReader,
): Promise<{ readonly ifVersion?: number }> {
  const wanted = ifMatch?.type === 'list' ? matchedVersions(ifMatch) : undefined;
  if (ifNoneMatch?.type === 'any') return { ifVersion: versionOfNone };
  if (ifNoneMatch === undefined) {
    if (wanted === undefined) return {};
    if (wanted.length <= 1) return { ifVersion: wanted[0] ?? versionOfNone };
  }
  const found = await reader.read(adId, []);
  // Without a current version there is nothing to be bound to: the change is answered 404 or 503.
  if (found.status !== 'found') return {};
  const { version } = found.ad;
  const excluded = ifNoneMatch !== undefined && weakMatch(ifNoneMatch, versionTag(version)) !== undefined;
  return { ifVersion: excluded || wanted?.includes(version) === false ? versionOfNone : version };
}

/** How long to wait for the change to be applied, as `Prefer` and the preconditions have it. */
export function waitOf(request: {
  readonly preferences: Preferences;
  readonly preconditions: Preconditions;
}): { readonly waitMs?: number } {
  const { preferences, preconditions } = request;
  if (preferences.waitSeconds !== undefined) return { waitMs: preferences.waitSeconds * 1000 };
  const guarded = preconditions.ifMatch !== undefined || preconditions.ifNoneMatch !== undefined;
  return guarded ? { waitMs: preconditionWaitMs } : {};
}
