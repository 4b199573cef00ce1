const keyLengthMax = 256;
const controlCharacter = /\p{Cc}/u;
const loneSurrogate = /\p{Cs}/u;

/**
 * Says why the API would refuse an increment, so that it does not fail its whole batch; undefined: it is
 * valid.
 */
export function incrementFault(key: unknown, value: unknown): string | undefined {
  if (typeof key !== 'string') return 'the key must be text';
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    return `the value must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}`;
  }
  if (key === '' || codePoints(key) > keyLengthMax) {
    return `the key must have 1 to ${keyLengthMax} characters`;
  }
  if (controlCharacter.test(key)) return 'the key must not contain control characters';
  if (loneSurrogate.test(key)) return 'the key must not contain a lone surrogate';
  return undefined;
}

/** The second half of a surrogate pair is not a separate character. */
function codePoints(text: string): number {
  return text.length <= keyLengthMax
    ? text.length
    : text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '-').length;
}
