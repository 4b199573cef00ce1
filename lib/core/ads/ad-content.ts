import type { Refusal } from './ad-change.ts';
import type { AdContent } from './ad.ts';

/** What the fields of an ad must keep to together, when it is created or changed at `atMs`. undefined: fine. */
export function checkContent(content: AdContent, atMs: number): Refusal | undefined {
  if (content.endAt <= content.startAt) return 'invalid-window';
  if (content.ageStart !== null && content.ageEnd !== null && content.ageStart > content.ageEnd) {
    return 'invalid-ages';
  }
  return content.endAt <= atMs ? 'already-ended' : undefined;
}

/** The content after a merge patch; a field that is absent or undefined in the patch stays. */
export function mergePatch(content: AdContent, patch: Partial<AdContent>): AdContent {
  return {
    title: patch.title ?? content.title,
    content: patch.content ?? content.content,
    startAt: patch.startAt ?? content.startAt,
    endAt: patch.endAt ?? content.endAt,
    // null is a value here: it takes the bound away.
    ageStart: patch.ageStart === undefined ? content.ageStart : patch.ageStart,
    ageEnd: patch.ageEnd === undefined ? content.ageEnd : patch.ageEnd,
    gender: patch.gender ?? content.gender,
    country: patch.country ?? content.country,
    platform: patch.platform ?? content.platform,
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
    sameList(a.platform, b.platform)
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
