export const waitSecondsMax = 10;

/** The preferences that the API supports (RFC 7240). */
export interface Preferences {
  /** 1..10: a longer wait becomes 10. */
  readonly waitSeconds?: number;
  /** `return=representation`. */
  readonly representation: boolean;
  /** `return=minimal`. */
  readonly minimal?: true;
}

const lengthMax = 1000;
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const preferencePattern = new RegExp(
  `^(${token})(?:[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))?)?[ \\t]*(?:;|$)`,
);

/**
 * Parses `Prefer`. It ignores malformed and unknown preferences, parameters after `;`, and `wait=0`. A quoted
 * string is one value, even with commas in it. If a preference is repeated, the first counts, even if it is
 * invalid.
 */
export function parsePrefer(value: string | undefined): Preferences {
  if (value === undefined || value.length > lengthMax) return { representation: false };
  const seen = new Map<string, string>();
  for (const element of listElements(value)) {
    const [, name, quoted, plain = ''] = preferencePattern.exec(element) ?? [];
    const known = name?.toLowerCase();
    if (known !== undefined && !seen.has(known)) seen.set(known, quoted?.replace(/\\(.)/g, '$1') ?? plain);
  }
  const wait = seen.get('wait') ?? '';
  const waitSeconds = /^[0-9]+$/.test(wait) ? Math.min(Number(wait), waitSecondsMax) : 0;
  const wanted = seen.get('return')?.toLowerCase();
  return {
    ...(waitSeconds > 0 && { waitSeconds }),
    representation: wanted === 'representation',
    ...(wanted === 'minimal' && { minimal: true }),
  };
}

/**
 * Splits a list header at commas outside quoted strings, trims the elements and drops empty ones (RFC 9110
 * 5.6.1.2). An unterminated quoted string extends to the end of the value.
 */
function listElements(value: string): string[] {
  const elements: string[] = [];
  let start = 0;
  let quoted = false;
  const add = (end: number): void => {
    const element = value.slice(start, end).trim();
    if (element !== '') elements.push(element);
    start = end + 1;
  };
  for (let i = 0; i < value.length; i++) {
    const character = value.charAt(i);
    if (character === '"') quoted = !quoted;
    else if (character === '\\' && quoted) i++;
    else if (character === ',' && !quoted) add(i);
  }
  add(value.length);
  return elements;
}
