import { formatInstant, lastInstantMs } from '../core/instant.ts';
import { createZone, type Zone } from './time-zone.ts';

export const dateFormats = ['dmy', 'mdy'] as const;
export type DateFormat = (typeof dateFormats)[number];

export interface TimeOptions {
  /** Of times without an offset. */
  readonly timezone: string;
  /** Of dates that do not begin with the year; undefined: they are refused. */
  readonly dateFormat: DateFormat | undefined;
}

export type ReadTime =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

const timeOfDay =
  '(?:[T ]+(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2})(?:\\.(?<fraction>\\d{1,9}))?)?(?: ?(?<half>[AaPp][Mm]))?)?';
const yearFirst = new RegExp(`^(?<year>\\d{4})(?<s>[-/.])(?<a>\\d{1,2})\\k<s>(?<b>\\d{1,2})${timeOfDay}$`);
const yearLast = new RegExp(
  `^(?<a>\\d{1,2})(?<s>[-/.])(?<b>\\d{1,2})\\k<s>(?<year>\\d{4}|\\d{2})${timeOfDay}$`,
);

const outOfRange = 'must be between the years 1970 and 9999 UTC';

const refuse = (message: string): ReadTime => ({ ok: false, message });

/**
 * Reads a time as spreadsheets and people write it, and gives it as RFC 3339. A date alone is its midnight. What
 * has an offset, or none of these forms, stays as it is: the API's own rules decide on it.
 */
export function createTimeReader({ timezone, dateFormat }: TimeOptions): (text: string) => ReadTime {
  const zone = createZone(timezone);
  return (text) => {
    const first = yearFirst.exec(text)?.groups;
    if (first !== undefined) return toInstant(first, Number(first['a']), Number(first['b']), zone);
    const last = yearLast.exec(text)?.groups;
    if (last === undefined) return { ok: true, text };
    if (dateFormat === undefined)
      return refuse('may be day or month first; write 2026-12-31, or give --date-format dmy or mdy');
    if (last['year']?.length !== 4) return refuse('must have a year of four digits');
    const [a, b] = [Number(last['a']), Number(last['b'])];
    return dateFormat === 'dmy' ? toInstant(last, b, a, zone) : toInstant(last, a, b, zone);
  };
}

type Parts = Readonly<Record<string, string | undefined>>;

function toInstant(parts: Parts, month: number, day: number, zone: Zone): ReadTime {
  const part = (name: string): number => Number(parts[name] ?? '0');
  const [year, minute, second] = [part('year'), part('minute'), part('second')];
  const hour = hourOf(part('hour'), parts['half']?.toLowerCase());
  if (hour === undefined || minute > 59 || second > 59) return refuse('must be a time of day that exists');
  // Date.UTC takes the years up to 99 for those of the last century; in a zone, 1970 begins in 1969.
  if (year < 1969) return refuse(outOfRange);
  const ms = Number((parts['fraction'] ?? '').slice(0, 3).padEnd(3, '0'));
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second, ms);
  const date = new Date(localMs);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    return refuse('must be a date that exists');
  const found = zone.instantsOf(localMs);
  const [instant] = found;
  if (instant === undefined)
    return refuse(`does not exist in ${zone.name}: clocks are put forward over it; add an offset such as Z`);
  if (found.length > 1)
    return refuse(`exists twice in ${zone.name}: clocks are put back over it; add an offset such as Z`);
  if (instant < 0 || instant > lastInstantMs) return refuse(outOfRange);
  return { ok: true, text: formatInstant(instant) };
}

/** undefined: no such hour. */
function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour <= 23 ? hour : undefined;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half === 'pm' ? 12 : 0);
}
