/**
 * Invisible characters, characters that change the text direction, ambiguous spaces, and the character that
 * this page uses to spell them.
 */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800\u2039]|[^\S ]|^ | $| (?= )/gu;

/** A key with its invisible characters spelt out, such as `‹U+202E›`, so that no two keys look the same. */
export function visible(key: string): string {
  return key.replace(
    unseen,
    (one) => `‹U+${one.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}›`,
  );
}
