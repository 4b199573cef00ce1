/** An integer that may exceed 2^53: a number up to Number.MAX_SAFE_INTEGER, a bigint above. */
export type ExactInteger = number | bigint;

/** Only a number this long can exceed 2^53; texts without one need no further check. */
const longNumber = /\d{16}/;
const stringOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const longInteger = /^-?\d{16,}$/;
const mark = '\u0000integer:';

type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** JSON.parse passes the source of a number to a reviver: Node 21 and later, browsers since 2023 to 2025. */
export const tellsSource = ((): boolean => {
  let told = false;
  const reviver: Reviver = (_key, value, context) => {
    told = context?.source === '1';
    return value;
  };
  JSON.parse('1', reviver);
  return told;
})();

/**
 * Like JSON.parse, but integers above 2^53 become bigints and are not rounded. Throws a SyntaxError. Where
 * JSON.parse does not pass the source of a number, the text is first searched for long integers outside of
 * strings.
 */
export function parseExactJson(text: string, native = tellsSource): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  if (native) return JSON.parse(text, reviveFromSource);
  // Checked before it is changed, so that invalid JSON does not become valid.
  JSON.parse(text);
  const marked = text.replace(stringOrNumber, (found) =>
    longInteger.test(found) ? JSON.stringify(`${mark}${found}`) : found,
  );
  return JSON.parse(marked, reviveFromMark);
}

const reviveFromSource: Reviver = (_key, value, context) =>
  typeof value === 'number' && context?.source !== undefined && longInteger.test(context.source)
    ? exact(context.source)
    : value;

/** The API never sends text that begins with NUL and the mark, because it refuses control characters. */
function reviveFromMark(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(mark) ? exact(value.slice(mark.length)) : value;
}

function exact(digits: string): ExactInteger {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}
