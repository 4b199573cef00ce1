import { lastInstantMs } from '../../core/instant.ts';

/** The example in error messages. */
export const instantExample = '2026-01-31T09:30:00Z';

/**
 * Parses an instant: RFC 3339, and what several languages print if it names exactly one instant. `2006-01-02
 * 15:04:05` without an offset is UTC, as in the Go ad server that this replaces; with a `T` it is refused.
 * The offset may lack its colon or its minutes. Text after it is ignored: Go's zone name and monotonic
 * reading (`m=+0.5`), Java's region in brackets (RFC 9557). Java omits zero seconds; Ruby writes ` UTC`.
 *
 * Digits below the millisecond are cut off, since Go prints nanoseconds. A leap second is refused:
 * milliseconds since 1970 cannot express it.
 */
const layout =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?<separator>[Tt ])(?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d{1,18}))?)?(?<offset>[Zz]| UTC| ?[+-]\d{2}(?::?\d{2})?)?(?<name> (?:[A-Za-z]{1,6}|[+-]\d{2,4}))?(?<monotonic> m=[+-]\d{1,12}\.\d{1,9})?(?<region>\[[A-Za-z0-9_+/-]{1,40}\])?$/;

const timePattern = '(?:[01][0-9]|2[0-3]):[0-5][0-9]';
const secondPattern = ':[0-5][0-9](?:[.][0-9]{1,18})?';
const offsetPattern = '[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?';
const forms = [
  `[Tt ]${timePattern}(?:${secondPattern})?(?:[Zz]| UTC| ?${offsetPattern})(?:\\[[A-Za-z0-9_+/-]{1,40}\\])?`,
  `[Tt ]${timePattern}${secondPattern} ${offsetPattern} (?:[A-Za-z]{1,6}|[+-][0-9]{2,4})(?: m=[+-][0-9]{1,12}[.][0-9]{1,9})?`,
  ` ${timePattern}${secondPattern}`,
];

/**
 * The pattern of `parseInstant` for JSON Schema. It also matches days that do not exist, which no pattern
 * excludes.
 */
export const instantPattern = `^(?:19[7-9][0-9]|[2-9][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:${forms.join('|')})$`;

/** Longer than any valid text. */
const textLengthMax = 120;

export type ParsedInstant =
  { readonly ok: true; readonly epochMs: number } | { readonly ok: false; readonly message: string };

export function parseInstant(text: string): ParsedInstant {
  const parts = text.length <= textLengthMax ? layout.exec(text)?.groups : undefined;
  if (parts === undefined) return refuse(`must be an RFC 3339 time such as ${instantExample}`);
  const { separator, second, offset, name, monotonic, region } = parts;
  const isGo = offset?.startsWith(' ') === true && offset !== ' UTC' && second !== undefined;
  const isSound =
    (name === undefined || isGo) &&
    (monotonic === undefined || name !== undefined) &&
    (region === undefined || (offset !== undefined && name === undefined)) &&
    (offset !== undefined || second !== undefined || separator !== ' ');
  if (!isSound) return refuse(`must be an RFC 3339 time such as ${instantExample}`);
  if (offset === undefined && separator !== ' ')
    return refuse('must have an offset: Z, or one such as +08:00');
  return toInstant(parts, offset ?? 'Z');
}

function toInstant(parts: Readonly<Record<string, string | undefined>>, offset: string): ParsedInstant {
  const part = (name: string): number => Number(parts[name] ?? '0');
  const [hour, minute, second] = [part('hour'), part('minute'), part('second')];
  if (second === 60) return refuse('must not be a leap second');
  if (hour > 23 || minute > 59 || second > 59) return refuse('must be a time of day that exists');
  const offsetMinutes = parseOffset(offset.trim());
  if (offsetMinutes === undefined) return refuse('must have an offset of at most 23:59');
  const days = daysFromDate(part('year'), part('month'), part('day'));
  if (days === undefined) return refuse('must be a date that exists');
  const ms = Number((parts['fraction'] ?? '').slice(0, 3).padEnd(3, '0'));
  const minutes = days * 1440 + hour * 60 + minute - offsetMinutes;
  const epochMs = minutes * 60_000 + second * 1000 + ms;
  if (epochMs < 0 || epochMs > lastInstantMs) return refuse('must be between the years 1970 and 9999 UTC');
  return { ok: true, epochMs };
}

function refuse(message: string): ParsedInstant {
  return { ok: false, message };
}

/** Minutes east of UTC; undefined: out of range. */
function parseOffset(offset: string): number | undefined {
  if (!/^[+-]/.test(offset)) return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(3).replace(':', ''));
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** Days since 1970-01-01; undefined: no such date. */
function daysFromDate(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() / 86_400_000 : undefined;
}
