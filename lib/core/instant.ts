/** 9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write. */
export const lastInstantMs = 253_402_300_799_999;

/**
 * RFC 3339 in UTC with milliseconds, for 1970-01-01 .. 9999-12-31; a later instant is written as the last
 * one.
 */
export function formatInstant(instantMs: number): string {
  const epochMs = Math.min(instantMs, lastInstantMs);
  const days = Math.floor(epochMs / 86_400_000);
  const ofDay = epochMs - days * 86_400_000;
  const { year, month, day } = civilFromDays(days);
  const hours = Math.floor(ofDay / 3_600_000);
  const minutes = Math.floor(ofDay / 60_000) % 60;
  const seconds = Math.floor(ofDay / 1000) % 60;
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return `${date}T${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(ofDay % 1000, 3)}Z`;
}

/**
 * The proleptic Gregorian date of a day count since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms").
 */
function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
