const keyLengthMax = 256;
const controlCharacter = /\p{Cc}/u;
const loneSurrogate = /\p{Cs}/u;

/** What the API would refuse about an increment, in words, so that it spoils no batch; undefined: nothing. */
export function incrementFault(key: unknown, value: unknown): string | undefined {
  if (typeof key !== 'string') return 'the key must be a text';
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

/** The second half of a pair of surrogates is no character of its own. */
function codePoints(text: string): number {
  return text.length <= keyLengthMax
    ? text.length
    : text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '-').length;
}
