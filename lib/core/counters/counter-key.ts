/** Unicode code points. */
export const counterKeyCharactersMax = 256;

// eslint-disable-next-line no-control-regex -- control characters (Unicode Cc) are what it looks for
const controlCharacters = /[\u0000-\u001f\u007f-\u009f]/;

/** 1..256 characters, no control characters, no lone surrogates. What a stage demands beyond that is ingest's matter. */
export function isCounterKey(text: string): boolean {
  if (text.length < 1 || text.length > 2 * counterKeyCharactersMax) return false;
  if (controlCharacters.test(text) || !text.isWellFormed()) return false;
  return text.length <= counterKeyCharactersMax || Array.from(text).length <= counterKeyCharactersMax;
}
