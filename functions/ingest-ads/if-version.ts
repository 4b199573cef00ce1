import { matchedVersions, versionTag, weakMatch } from '../../lib/api/request/entity-tags.ts';
import type { Preconditions } from '../../lib/api/request/preconditions.ts';
import type { Preferences } from '../../lib/api/request/prefer.ts';
import type { AdReader } from '../../lib/app/ads/ad-reader.ts';

/**
 * How long a request with a precondition or an external id waits, so that it can answer 412 if another change
 * came first, or 409 if another ad has the external id.
 */
const decisionWaitMs = 5000;

/** No ad ever has this version. */
const versionOfNone = Number.MAX_SAFE_INTEGER;

/**
 * The version that the preconditions of a change require (RFC 9110, 13.2.2). The projector checks it again
 * when it applies the change. If If-Match names several versions, this is the current one. If If-None-Match
 * does not name the current version, this is that version too, since a later one has not been compared.
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
  // Without a current version the change is answered 404 or 503.
  if (found.status !== 'found') return {};
  const { version } = found.ad;
  const excluded = ifNoneMatch !== undefined && weakMatch(ifNoneMatch, versionTag(version)) !== undefined;
  return { ifVersion: excluded || wanted?.includes(version) === false ? versionOfNone : version };
}

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
