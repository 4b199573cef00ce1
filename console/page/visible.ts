/**
 * What nobody sees, what turns the letters after it around, spaces that look like another number or kind of spaces, and
 * the sign that this page spells such things with.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800\u2039]|[^\S ]|^ | $| (?= )/gu;

/** A key as it was written; what is invisible in it is spelt out, as `‹U+202E›`, so that it looks like no other key. */
export function visible(key: string): string {
  return key.replace(
    unseen,
    (one) => `‹U+${one.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}›`,
  );
}
