const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The date that calendars of a zone show at an instant, in days since 1970. */
export function localDay(timeZone: string, atMs: number): number {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
  formats.set(timeZone, format);
  const [month = 0, day = 0, year = 0] = format.format(atMs).split('/').map(Number);
  return Date.UTC(year, month - 1, day) / dayMs;
}

/**
 * The first instant of a local date. By bisection, so a date must not come back once it is over, as it would where
 * clocks are set back a little after midnight; no zone of the simulator does that.
 */
export function dayStartMs(timeZone: string, day: number): number {
  let before = day * dayMs - 16 * hourMs;
  let after = day * dayMs + 16 * hourMs;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (localDay(timeZone, middle) < day) before = middle;
    else after = middle;
  }
  return after;
}
