import { matchedVersions, versionTag, weakMatch } from '../../lib/api/request/entity-tags.ts';
import type { Preconditions } from '../../lib/api/request/preconditions.ts';
import type { AdReader } from '../../lib/app/ads/ad-reader.ts';

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
