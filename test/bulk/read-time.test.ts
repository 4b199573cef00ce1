import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTimeReader, type DateFormat } from '../../lib/bulk/read-time.ts';
import { isZoneName } from '../../lib/bulk/time-zone.ts';

const read = (text: string, timezone = 'UTC', dateFormat?: DateFormat): string => {
  const time = createTimeReader({ timezone, dateFormat })(text);
  return time.ok ? time.text : time.message;
};

describe('a time without an offset', () => {
  it.each([
    ['2026-12-01', '2026-12-01T00:00:00.000Z'],
    ['2026-12-01 09:00', '2026-12-01T09:00:00.000Z'],
    ['2026-12-01T09:00', '2026-12-01T09:00:00.000Z'],
    ['2026-12-01 09:00:05', '2026-12-01T09:00:05.000Z'],
    ['2026-12-01 09:00:05.1239', '2026-12-01T09:00:05.123Z'],
    ['2026/12/1 9:00', '2026-12-01T09:00:00.000Z'],
    ['2026.12.01', '2026-12-01T00:00:00.000Z'],
    ['2026-12-01 12:30 AM', '2026-12-01T00:30:00.000Z'],
    ['2026-12-01 12:30 pm', '2026-12-01T12:30:00.000Z'],
    ['2026-12-01 1:30PM', '2026-12-01T13:30:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('%s is read as %s', (text, instant) => {
    expect(read(text)).toBe(instant);
  });

  it.each([
    ['2026-02-29', 'must be a date that exists'],
    ['2026-13-01', 'must be a date that exists'],
    ['2026-00-01', 'must be a date that exists'],
    ['2026-12-01 24:00', 'must be a time of day that exists'],
    ['2026-12-01 09:60', 'must be a time of day that exists'],
    ['2026-12-01 13:00 PM', 'must be a time of day that exists'],
    ['2026-12-01 0:30 AM', 'must be a time of day that exists'],
    ['1969-12-31', 'must be between the years 1970 and 9999 UTC'],
    ['0070-12-31', 'must be between the years 1970 and 9999 UTC'],
    ['0026-12-31', 'must be between the years 1970 and 9999 UTC'],
  ])('%s is refused: %s', (text, message) => {
    expect(read(text)).toBe(message);
  });

  it.each([
    ['Asia/Taipei', '2026-12-01 09:00', '2026-12-01T01:00:00.000Z'],
    ['America/New_York', '2026-12-01 09:00', '2026-12-01T14:00:00.000Z'],
    ['America/New_York', '2026-07-01 09:00', '2026-07-01T13:00:00.000Z'],
    ['Asia/Kathmandu', '2026-12-01', '2026-11-30T18:15:00.000Z'],
    ['Europe/Berlin', '2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
    ['Europe/Berlin', '2026-03-29 03:00', '2026-03-29T01:00:00.000Z'],
    ['Europe/Berlin', '2026-10-25 03:00', '2026-10-25T02:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-12-01', '2026-11-30T10:00:00.000Z'],
  ])('is that of %s: %s is %s', (zone, text, instant) => {
    expect(read(text, zone)).toBe(instant);
  });

  it('is refused where clocks are put forward over it or back', () => {
    expect(read('2026-03-29 02:30', 'Europe/Berlin')).toBe(
      'does not exist in Europe/Berlin: clocks are put forward over it; add an offset such as Z',
    );
    expect(read('2026-10-25 02:30', 'Europe/Berlin')).toBe(
      'exists twice in Europe/Berlin: clocks are put back over it; add an offset such as Z',
    );
  });

  it('is what clocks of the zone show at the instant', () => {
    const zones = fc.constantFrom('Asia/Taipei', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Cairo');
    const instants = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(zones, instants, (timeZone, seconds) => {
        const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
        const text = parts.format(seconds * 1000);
        const found = read(text, timeZone);
        if (found.startsWith('exists twice')) return;
        expect(Date.parse(found)).toBe(seconds * 1000);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a date that does not begin with the year', () => {
  it.each([['01/02/2026'], ['31/12/2026'], ['1.2.2026 09:00'], ['1-2-26']])(
    '%s is refused without a format',
    (text) => {
      expect(read(text)).toBe(
        'may be day or month first; write 2026-12-31, or give --date-format dmy or mdy',
      );
    },
  );

  it.each([
    ['dmy', '01/02/2026', '2026-02-01T00:00:00.000Z'],
    ['mdy', '01/02/2026', '2026-01-02T00:00:00.000Z'],
    ['dmy', '31.12.2026 23:59', '2026-12-31T23:59:00.000Z'],
    ['mdy', '12/31/2026 11:59 PM', '2026-12-31T23:59:00.000Z'],
    ['mdy', '31/12/2026', 'must be a date that exists'],
    ['dmy', '1/2/26', 'must have a year of four digits'],
    ['dmy', '2026-02-01', '2026-02-01T00:00:00.000Z'],
  ] as const)('%s: %s is %s', (format, text, instant) => {
    expect(read(text, 'UTC', format)).toBe(instant);
  });
});

it.each([['2026-12-01T09:00:00Z'], ['2026-12-01 09:00:00 +0800 CST'], ['46357.375'], ['tomorrow']])(
  '%s is left to the rules of the API',
  (text) => {
    expect(read(text, 'Asia/Taipei')).toBe(text);
  },
);

it.each([
  ['Asia/Taipei', true],
  ['UTC', true],
  ['Mars/Olympus', false],
  ['', false],
  ['CST6', false],
])('the time zone %j is one: %s', (name, isOne) => {
  expect(isZoneName(name)).toBe(isOne);
});
