export type EntityTags =
  { readonly type: 'any' } | { readonly type: 'list'; readonly tags: readonly EntityTag[] };

export interface EntityTag {
  readonly weak: boolean;
  /** The text between the quotes. */
  readonly value: string;
}

const tagsMax = 20;
const lengthMax = 4000;
/**
 * One element of the list, or an empty one, which is ignored (RFC 9110, 5.6.1.2). Ours are ASCII. Others are
 * refused: API Gateway gives them in no defined form.
 */
const elementPattern = /[ \t]*(?:(W\/)?"([\u0021\u0023-\u007e]*)")?[ \t]*(?:,|$)/y;

/**
 * `If-Match` or `If-None-Match` (RFC 9110, 8.8.3); undefined: malformed, without a tag, or with more than 20.
 */
export function parseEntityTags(header: string): EntityTags | undefined {
  const text = header.trim();
  if (/^[\s,]*\*[\s,]*$/.test(text)) return { type: 'any' };
  if (text.length > lengthMax) return undefined;
  const tags: EntityTag[] = [];
  elementPattern.lastIndex = 0;
  while (elementPattern.lastIndex < text.length) {
    const match = elementPattern.exec(text);
    if (match === null) return undefined;
    if (match[2] === undefined) continue;
    if (tags.length === tagsMax) return undefined;
    tags.push({ weak: match[1] !== undefined, value: match[2] });
  }
  return tags.length === 0 ? undefined : { type: 'list', tags };
}

const gzipSuffix = '-gzip';

/** The entity tag of an answer's gzip form, which is another representation (RFC 9110, 8.8.3.3). */
export function gzipTag(entityTag: string): string {
  return `${entityTag.slice(0, -1)}${gzipSuffix}"`;
}

/** The part of a tag that names the content, without the content coding. */
function contentOf(value: string): string {
  return value.endsWith(gzipSuffix) ? value.slice(0, -gzipSuffix.length) : value;
}

/**
 * The tag of the list that matches `entityTag` by weak comparison, in either coding; undefined: none does.
 */
export function weakMatch({ tags }: EntityTags & { type: 'list' }, entityTag: string): EntityTag | undefined {
  const opaque = entityTag.slice(entityTag.indexOf('"') + 1, -1);
  return tags.find(({ value }) => contentOf(value) === opaque);
}

/**
 * Whether the list matches `entityTag` by strong comparison, in either coding. A weak tag on either side
 * never matches.
 */
export function strongMatch({ tags }: EntityTags & { type: 'list' }, entityTag: string): boolean {
  const opaque = entityTag.slice(1, -1);
  return entityTag.startsWith('"') && tags.some(({ weak, value }) => !weak && contentOf(value) === opaque);
}

export function versionTag(version: number): string {
  return `"${version}"`;
}

/** The versions in `If-Match`, by strong comparison. Weak tags and tags that are not versions name none. */
export function matchedVersions({ tags }: EntityTags & { type: 'list' }): number[] {
  return tags
    .filter(({ weak, value }) => !weak && /^[1-9][0-9]{0,15}$/.test(contentOf(value)))
    .map(({ value }) => Number(contentOf(value)));
}
