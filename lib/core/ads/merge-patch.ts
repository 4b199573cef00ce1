import type { AdContent } from './ad.ts';

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
