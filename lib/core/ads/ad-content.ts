import type { Refusal } from './ad-change.ts';
import {
  metadataBytesMax,
  metadataKeysMax,
  optionalNames,
  type AdContent,
  type AdPatch,
  type Metadata,
  type MetadataPatch,
} from './ad.ts';

/**
 * Checks the fields of an ad against each other, for an ad that is created or changed at `atMs`. undefined:
 * they are valid.
 */
export function checkContent(content: AdContent, atMs: number): Refusal | undefined {
  if (content.endAt <= content.startAt) return 'invalid-window';
  if (content.ageStart !== null && content.ageEnd !== null && content.ageStart > content.ageEnd) {
    return 'invalid-ages';
  }
  if (metadataFault(content.metadata) !== undefined) return 'metadata-too-large';
  if (content.frequency?.scope === 'campaign' && content.campaignId === undefined)
    return 'cap-without-campaign';
  return content.endAt <= atMs ? 'already-ended' : undefined;
}

/** What is too much of the metadata; undefined: nothing. */
export function metadataFault(metadata: Metadata | undefined): 'keys' | 'bytes' | undefined {
  if (metadata === undefined) return undefined;
  if (Object.keys(metadata).length > metadataKeysMax) return 'keys';
  return utf8Bytes(JSON.stringify(metadata)) > metadataBytesMax ? 'bytes' : undefined;
}

/** The content after a merge patch; a field that is absent or undefined in the patch stays. */
export function mergePatch(content: AdContent, patch: AdPatch): AdContent {
  return {
    title: patch.title ?? content.title,
    content: patch.content ?? content.content,
    startAt: patch.startAt ?? content.startAt,
    endAt: patch.endAt ?? content.endAt,
    // null is a value here: it removes the bound.
    ageStart: patch.ageStart === undefined ? content.ageStart : patch.ageStart,
    ageEnd: patch.ageEnd === undefined ? content.ageEnd : patch.ageEnd,
    gender: patch.gender ?? content.gender,
    country: patch.country ?? content.country,
    platform: patch.platform ?? content.platform,
    ...mergeOptional(content, patch),
  };
}

function mergeOptional(content: AdContent, patch: AdPatch): Partial<AdContent> {
  const merged: Record<string, unknown> = {};
  for (const name of optionalNames) {
    const given = patch[name];
    const value = given === undefined ? content[name] : given;
    if (value !== undefined && value !== null) merged[name] = value;
  }
  if (patch.metadata) merged.metadata = mergeMetadata(content.metadata ?? {}, patch.metadata);
  return merged;
}

/** As a merge patch does it: key by key, and null removes one. */
function mergeMetadata(metadata: Metadata, patch: MetadataPatch): Metadata {
  const merged = Object.entries({ ...metadata, ...patch }).filter(
    (entry): entry is [string, Metadata[string]] => entry[1] !== null,
  );
  return Object.fromEntries(merged.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function sameContent(a: AdContent, b: AdContent): boolean {
  return (
    a.title === b.title &&
    a.content === b.content &&
    a.startAt === b.startAt &&
    a.endAt === b.endAt &&
    a.ageStart === b.ageStart &&
    a.ageEnd === b.ageEnd &&
    sameList(a.gender, b.gender) &&
    sameList(a.country, b.country) &&
    sameList(a.platform, b.platform) &&
    optionalNames.every((name) => sameValue(a[name], b[name]))
  );
}

/** Objects are written in one order, so that equal ones are equal texts. */
function sameValue(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/**
 * Bytes of an ad besides its two texts: id, instants, lists, framing. A round constant, so that the sum is
 * stable.
 */
export const adOverheadBytes = 256;

/** The size of an ad for the stage's limit of live bytes: its texts in UTF-8, its metadata, goal and cap, and a constant. */
export function adBytes(ad: AdContent): number {
  const { externalId = '', clickUrl = '', imageUrl = '', campaignId = '' } = ad;
  const objects = [ad.metadata, ad.goal, ad.frequency].filter((value) => value !== undefined);
  const optional = externalId + clickUrl + imageUrl + campaignId + objects.map(jsonOf).join('');
  return utf8Bytes(ad.title) + utf8Bytes(ad.content) + utf8Bytes(optional) + adOverheadBytes;
}

function jsonOf(value: object): string {
  return JSON.stringify(value);
}

/**
 * A surrogate counts as two bytes, so a pair as four; TextEncoder would allocate the bytes only to count
 * them.
 */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
