export type EntityTags =
  | { readonly type: 'any' }
  | { readonly type: 'list'; readonly tags: readonly { readonly weak: boolean; readonly value: string }[] };

const tagsMax = 20;
const lengthMax = 4000;
const tagPattern = /\s*(W\/)?"([\u0021\u0023-\u007e\u0080-\u00ff]*)"\s*(?:,|$)/y;

/** `If-Match` or `If-None-Match` (RFC 9110 8.8.3); undefined: malformed, or more than 20 tags. */
export function parseEntityTags(header: string): EntityTags | undefined {
  const text = header.trim();
  if (text === '*') return { type: 'any' };
  if (text === '' || text.length > lengthMax || text.endsWith(',')) return undefined;
  const tags: { weak: boolean; value: string }[] = [];
  tagPattern.lastIndex = 0;
  while (tagPattern.lastIndex < text.length) {
    const match = tagPattern.exec(text);
    if (match === null || tags.length === tagsMax) return undefined;
    tags.push({ weak: match[1] !== undefined, value: match[2] ?? '' });
  }
  return { type: 'list', tags };
}

/** Whether `If-None-Match` names the answer's tag: the weak comparison. A malformed header names none. */
export function matchesNoneMatch(header: string, entityTag: string): boolean {
  if (header === entityTag) return true;
  const parsed = parseEntityTags(header);
  if (parsed === undefined) return false;
  if (parsed.type === 'any') return true;
  const opaque = entityTag.slice(entityTag.indexOf('"') + 1, -1);
  return parsed.tags.some((tag) => tag.value === opaque);
}

export function versionTag(version: number): string {
  return `"${version}"`;
}

/** The versions that `If-Match` names, by the strong comparison: a weak tag, or one that is no version, names none. */
export function matchedVersions(tags: EntityTags & { type: 'list' }): number[] {
  return tags.tags
    .filter((tag) => !tag.weak && /^[1-9][0-9]{0,15}$/.test(tag.value))
    .map((tag) => Number(tag.value));
}
