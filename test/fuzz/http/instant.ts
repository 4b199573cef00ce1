import fc from 'fast-check';
import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';

const layout =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(\.\d+)?(?: ?(Z|z|UTC|[+-]\d\d(?::?\d\d)?))?(?: (?:[A-Za-z]+|[+-]\d+))?(?: m=\S+)?(?:\[\S+\])?$/;

/**
 * Milliseconds since 1970 of a time as one of many clients writes it; digits below are cut off. NaN: it is
 * none.
 */
export function instantMs(text: string): number {
  const match = layout.exec(text);
  if (match === null) return Number.NaN;
  const [, date = '', minutes = '', seconds = ':00', fraction = '', zone = 'Z'] = match;
  const offset = /^[+-]/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}` : 'Z';
  return Date.parse(`${date}T${minutes}${seconds}${fraction.slice(0, 4)}${offset}`);
}

/** Whether a schema is that of a time: it takes one, and no other text. */
export function isInstant({ pattern }: JsonSchema): boolean {
  if (typeof pattern !== 'string') return false;
  const matcher = new RegExp(pattern, 'u');
  return matcher.test('2026-01-31T09:30:00Z') && !['Tea time', 'Teatime'].some((text) => matcher.test(text));
}

/** Each writes a time given in UTC, as `2006-01-02T15:04:05.000`. The offsets are those of `written`. */
const forms: readonly ((utc: string, shifted: string) => string)[] = [
  (utc) => `${utc}Z`,
  (utc) => `${utc.slice(0, 19)}z`,
  (utc) => `${utc.slice(0, 19)}.123456789Z`,
  (utc) => `${utc.slice(0, 16)}Z`,
  (utc) => utc.slice(0, 19).replace('T', ' '),
  (utc) => `${utc.slice(0, 19).replace('T', ' ')} UTC`,
  (_utc, shifted) => `${shifted}+05:30`,
  (_utc, shifted) => `${shifted}+05:30[Asia/Kolkata]`,
  (_utc, shifted) => `${shifted.replace('T', ' ')} +0530 IST`,
  (_utc, shifted) => `${shifted.replace('T', ' ')} +0530 +0530 m=+0.000000001`,
];
const shiftMs = 5.5 * 3_600_000;

function written(ms: number, form: (typeof forms)[number]): string {
  const plain = (at: number): string => new Date(at).toISOString().slice(0, -1);
  return form(plain(ms), plain(ms + shiftMs));
}

/** In the past or far ahead, most of them as RFC 3339 has it. */
export const instants: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2020, 0, 1) }),
      fc.integer({ min: Date.UTC(2040, 0, 1), max: Date.UTC(9998, 0, 1) }),
    ),
    fc.oneof(fc.constantFrom(...forms.slice(0, 1)), fc.constantFrom(...forms)),
  )
  .map(([ms, form]) => written(ms, form));

/** An ad that has ended is refused, so these end far ahead. */
export function toLater(text: string): string {
  return text.replace(/^(?:19\d|20[012])\d/, '2040');
}
