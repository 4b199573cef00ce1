import type { APIGatewayProxyEvent } from 'aws-lambda';
import { matchedVersions, parseEntityTags, type EntityTags } from '../../lib/api/request/entity-tags.ts';
import type { FieldErrors } from '../../lib/api/request/field-errors.ts';
import type { Preferences } from '../../lib/api/request/prefer.ts';
import { header } from '../../lib/api/request/request-header.ts';
import type { AdReader } from '../../lib/app/ads/ad-reader.ts';

/** How long a request with If-Match waits by itself, so that a lost race can be answered 412. */
const ifMatchWaitMs = 5000;

/** No ad will ever have it. */
const versionOfNone = Number.MAX_SAFE_INTEGER;

/** A malformed If-Match is 400: to ignore it would be to change an ad that the client meant to guard. */
export function readIfMatch(event: APIGatewayProxyEvent, errors: FieldErrors): EntityTags | undefined {
  const text = header(event, 'if-match');
  if (text === undefined) return undefined;
  const tags = parseEntityTags(text);
  if (tags === undefined) errors.add('If-Match', 'must be * or a list of up to 20 entity tags such as "17"');
  return tags;
}

/**
 * The one version that the change is bound to. Of several, the current one is taken if it is among them: that it is
 * still the current one is decided when the change is applied.
 */
export async function toIfVersion(
  ifMatch: EntityTags | undefined,
  adId: string,
  reader: AdReader,
): Promise<{ readonly ifVersion?: number }> {
  if (ifMatch === undefined || ifMatch.type === 'any') return {};
  const versions = matchedVersions(ifMatch);
  if (versions.length <= 1) return { ifVersion: versions[0] ?? versionOfNone };
  const found = await reader.read(adId, []);
  const current = found.status === 'found' ? found.ad.version : undefined;
  return { ifVersion: current !== undefined && versions.includes(current) ? current : versionOfNone };
}

export function waitOf(
  { waitSeconds }: Preferences,
  ifMatch: EntityTags | undefined,
): { readonly waitMs?: number } {
  if (waitSeconds !== undefined) return { waitMs: waitSeconds * 1000 };
  return ifMatch === undefined ? {} : { waitMs: ifMatchWaitMs };
}
