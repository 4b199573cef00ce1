import type { Refusal } from './ad-change.ts';
import type { AdContent, AdPatch } from './ad.ts';

/**
 * Checks the fields of an ad against each other, for an ad that is created or changed at `atMs`. undefined:
 * they are valid.
 */
export function checkContent(content: AdContent, atMs: number): Refusal | undefined {
  if (content.endAt <= content.startAt) return 'invalid-window';
  if (content.ageStart !== null && content.ageEnd !== null && content.ageStart > content.ageEnd) {
    return 'invalid-ages';
  }
  return content.endAt <= atMs ? 'already-ended' : undefined;
}

/** The content after a merge patch; a field that is absent or undefined in the patch stays. */
export function mergePatch(content: AdContent, patch: AdPatch): AdContent {
  const externalId = patch.externalId === undefined ? content.externalId : patch.externalId;
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
    ...(typeof externalId === 'string' && { externalId }),
  };
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
    a.externalId === b.externalId
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/**
 * Bytes of an ad besides its two texts: id, instants, lists, framing. A round constant, so that the sum is
 * stable.
 */
export const adOverheadBytes = 256;

/** The size of an ad for the stage's limit of live bytes: its texts in UTF-8 and a constant. */
export function adBytes(ad: AdContent): number {
  return utf8Bytes(ad.title) + utf8Bytes(ad.content) + utf8Bytes(ad.externalId ?? '') + adOverheadBytes;
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
