/** Facts about a JSON text before it is parsed. They are correct only if the text is valid JSON. */
export interface JsonScan {
  readonly depth: number;
  /** Members of all objects, with repeated names. */
  readonly memberCount: number;
  /** A number is not a short plain integer, so JSON.parse may round it. */
  readonly suspiciousNumber: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
/** Integers of up to 15 digits are exact as doubles. */
const exactDigitsMax = 15;

/** Scans the text once. It skips strings, so long text costs little. */
export function scanJson(text: string): JsonScan {
  let depth = 0;
  let depthMax = 0;
  let memberCount = 0;
  let digitCount = 0;
  let suspiciousNumber = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) {
      if (++digitCount > exactDigitsMax) suspiciousNumber = true;
      continue;
    }
    digitCount = 0;
    switch (code) {
      case quote:
        i = stringEnd(text, i);
        break;
      case 0x7b: // {
      case 0x5b: // [
        if (++depth > depthMax) depthMax = depth;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
        break;
      case 0x3a: // :
        memberCount++;
        break;
      case 0x2d: // -
      case 0x2e: // .
      case 0x45: // E; the e of true and false matches too, which costs only time
      case 0x65: // e
        suspiciousNumber = true;
        break;
      default:
        break;
    }
  }
  return { depth: depthMax, memberCount, suspiciousNumber };
}

/** The index of the quote that ends the string starting at `start`; the end of the text if none does. */
export function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Counts the members in a parsed value. Objects of `JSON.parse` only: all their keys are own keys. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item);
    return count;
  }
  for (const key in value) count += 1 + countMembers((value as Record<string, unknown>)[key]);
  return count;
}
