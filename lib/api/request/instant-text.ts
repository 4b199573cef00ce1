/**
 * Instants as clients write them: RFC 3339, and the two layouts of the Go ad server this replaces,
 * `2006-01-02 15:04:05 +0800 CST` (the offset counts, the zone's name does not) and `2006-01-02 15:04:05` (UTC).
 * Digits below the millisecond are cut off, since Go prints nanoseconds; a leap second is refused, as no such instant
 * can be told from its neighbour in milliseconds since 1970.
 */
const layout =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,18}))?([Zz]|[+-]\d{2}:\d{2})|(?: (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,18}))?(?: ([+-]\d{2})(\d{2}) (?:[A-Za-z]{1,6}|[+-]\d{2,4}))?))$/;

/** Longer than any text the layouts take. */
const textLengthMax = 64;

const instantMaxMs = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

export type ParsedInstant =
  { readonly ok: true; readonly epochMs: number } | { readonly ok: false; readonly message: string };

export function parseInstant(text: string): ParsedInstant {
  const match = text.length <= textLengthMax ? layout.exec(text) : null;
  if (match === null) return refuse('must be an RFC 3339 time such as 2026-01-31T09:30:00Z');
  const part = (index: number): number => Number(match[index] ?? '0');
  const go = match[9] !== undefined;
  const time = go
    ? { hour: part(9), minute: part(10), second: part(11), fraction: match[12] ?? '' }
    : { hour: part(4), minute: part(5), second: part(6), fraction: match[7] ?? '' };
  const offset = go ? `${match[13] ?? '+00'}:${match[14] ?? '00'}` : (match[8] ?? 'Z');
  if (time.second === 60) return refuse('must not be a leap second');
  if (time.hour > 23 || time.minute > 59 || time.second > 59)
    return refuse('must be a time of day that exists');
  const offsetMinutes = parseOffset(offset);
  if (offsetMinutes === undefined) return refuse('must have an offset of at most 23:59');
  const days = daysFromDate(part(1), part(2), part(3));
  if (days === undefined) return refuse('must be a date that exists');
  const ms = Number(time.fraction.slice(0, 3).padEnd(3, '0'));
  const minutes = days * 1440 + time.hour * 60 + time.minute - offsetMinutes;
  const epochMs = minutes * 60_000 + time.second * 1000 + ms;
  if (epochMs < 0 || epochMs > instantMaxMs) return refuse('must be between the years 1970 and 9999 UTC');
  return { ok: true, epochMs };
}

function refuse(message: string): ParsedInstant {
  return { ok: false, message };
}

/** Minutes east of UTC; undefined: out of range. */
function parseOffset(offset: string): number | undefined {
  if (offset === 'Z' || offset === 'z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(4, 6));
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
