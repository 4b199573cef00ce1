import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { LocalDays } from '../../../../lib/core/delivery/goals/local-days.ts';

const hour = 3_600_000;
const day = 24 * hour;
const dayOf = (date: string): number => Date.parse(`${date}T00:00Z`) / day;

/** The local date of an instant, read off a calendar. */
function dateAt(atMs: number, timeZone: string): number {
  let calendar = calendars.get(timeZone);
  if (calendar === undefined)
    calendars.set(timeZone, (calendar = new Intl.DateTimeFormat('sv-SE', { timeZone })));
  return dayOf(calendar.format(atMs));
}
const calendars = new Map<string, Intl.DateTimeFormat>();

describe('local days', () => {
  test.each([
    // Clocks go forward and back; a zone without them; a quarter of an hour; both sides of the date line.
    ['America/New_York', '2026-03-08', '2026-03-08T05:00Z', 23],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00Z', 25],
    ['Asia/Taipei', '2026-11-01', '2026-10-31T16:00Z', 24],
    ['Asia/Kathmandu', '2026-11-01', '2026-10-31T18:15Z', 24],
    ['Pacific/Kiritimati', '2026-11-01', '2026-10-31T10:00Z', 24],
    ['Pacific/Pago_Pago', '2026-11-01', '2026-11-01T11:00Z', 24],
    // Half an hour of summer time.
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30Z', 23.5],
    // Clocks go forward at midnight: the day begins at 01:00.
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00Z', 23],
    // Clocks go back from 00:01 to 23:01: the new day has begun.
    ['America/St_Johns', '2010-11-07', '2010-11-07T02:30Z', 25],
  ])('in %s: %s begins at %s and lasts %d hours', (zone, date, start, hours) => {
    const startMs = Date.parse(start);
    const expected = { day: dayOf(date), startMs, endMs: startMs + hours * hour };
    const days = new LocalDays(zone);
    expect(days.at(startMs)).toEqual(expected);
    expect(new LocalDays(zone).at(startMs + hours * hour - 1)).toEqual(expected);
    expect(days.at(startMs - 1).day).toBe(expected.day - 1);
    expect(days.at(startMs + hours * hour).day).toBe(expected.day + 1);
  });

  it('skip the date that a zone skips', () => {
    // Samoa went from 29 to 31 December 2011.
    const change = Date.parse('2011-12-30T10:00Z');
    const days = new LocalDays('Pacific/Apia');
    expect(days.at(change)).toEqual({ day: dayOf('2011-12-31'), startMs: change, endMs: change + day });
    expect(days.at(change - 1)).toMatchObject({ day: dayOf('2011-12-29'), endMs: change });
  });

  it('are the same whichever day was asked for before', () => {
    const zones = fc.constantFrom(
      'UTC',
      'America/New_York',
      'Africa/Cairo',
      'America/St_Johns',
      'Pacific/Apia',
    );
    // Around the end of 2011, when Samoa skips a date, and the first two days of all.
    const starts = fc.oneof(fc.constant(0), fc.integer({ min: Date.UTC(2010, 9), max: Date.UTC(2012, 3) }));
    const steps = fc.array(fc.integer({ min: -day, max: 3 * day }), { maxLength: 12 });
    fc.assert(
      fc.property(zones, starts, steps, (zone, startMs, steps) => {
        const days = new LocalDays(zone);
        let atMs = startMs;
        for (const step of steps) {
          atMs += step;
          const { day: asked, startMs: start, endMs: end } = new LocalDays(zone).at(atMs);
          expect(days.at(atMs)).toEqual({ day: asked, startMs: start, endMs: end });
        }
      }),
    );
  });

  it('are refused of a zone that nobody knows', () => {
    expect(() => new LocalDays('Mars/Olympus')).toThrow(RangeError);
  });

  it('begin where a calendar turns its page, in any zone and year', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
    const instants = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2037, 0) });
    fc.assert(
      fc.property(zones, instants, (zone, atMs) => {
        const found = new LocalDays(zone).at(atMs);
        expect(found.startMs).toBeLessThanOrEqual(atMs);
        expect(found.endMs).toBeGreaterThan(atMs);
        expect(dateAt(found.startMs, zone)).toBe(found.day);
        expect(dateAt(found.startMs - 1, zone)).toBeLessThan(found.day);
        expect(dateAt(found.endMs, zone)).toBeGreaterThan(found.day);
        // No instant of a later date comes before the end.
        for (let ms = found.startMs; ms < found.endMs; ms += hour / 2)
          expect(dateAt(ms, zone)).toBeLessThanOrEqual(found.day);
      }),
      { numRuns: 60 },
    );
  });
});
