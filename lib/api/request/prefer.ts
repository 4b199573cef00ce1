import { listElements } from './list-elements.ts';

export const waitSecondsMax = 10;

/** The preferences that mean something here (RFC 7240). */
export interface Preferences {
  /** 1..10: a longer wait than the most is the most. */
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
 * What is malformed or unknown is ignored, parameters after `;` as well; so is `wait=0`, since it asks for nothing. A
 * quoted string is one value, whatever is in it. The first of a preference given twice counts, even if it means nothing.
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
