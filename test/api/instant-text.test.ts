import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantPattern, parseInstant } from '../../lib/api/request/instant-text.ts';
import { formatInstant } from '../../lib/core/instant.ts';

const shown = (text: string): string => {
  const parsed = parseInstant(text);
  return parsed.ok ? formatInstant(parsed.epochMs) : parsed.message;
};

describe('An instant as text', () => {
  it.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31t09:30:00z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31 09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00+08:00', '2026-01-31T01:30:00.000Z'],
    ['2026-01-31T09:30:00-00:30', '2026-01-31T10:00:00.000Z'],
    ['2026-01-31T09:30:00.5Z', '2026-01-31T09:30:00.500Z'],
    ['2026-01-31T09:30:00.1239999Z', '2026-01-31T09:30:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['2026-01-31 09:30:00 +0800 CST', '2026-01-31T01:30:00.000Z'],
    ['2026-01-31 09:30:00.123456789 +0000 UTC', '2026-01-31T09:30:00.123Z'],
    ['2026-01-31 09:30:00 +0530 +0530', '2026-01-31T04:00:00.000Z'],
    ['2026-01-31 09:30:00', '2026-01-31T09:30:00.000Z'],
    // Go: Time.String(), with and without a name of the zone, and RFC3339Nano.
    ['2036-01-01 00:00:00 +0800 CST m=+0.5', '2035-12-31T16:00:00.000Z'],
    ['2036-01-01 00:00:00 +0800 CST m=-0.5', '2035-12-31T16:00:00.000Z'],
    ['2036-01-01 00:00:00.123456789 +0800 +0800 m=+3600.000000001', '2035-12-31T16:00:00.123Z'],
    ['2036-01-01 00:00:00.1 -0300 -03 m=+0.000000001', '2036-01-01T03:00:00.100Z'],
    ['2026-01-31T09:30:00.123456789+08:00', '2026-01-31T01:30:00.123Z'],
    // Python: isoformat(), str() and strftime('%z').
    ['2026-01-31T09:30:00.123456+00:00', '2026-01-31T09:30:00.123Z'],
    ['2026-01-31 09:30:00.123456+08:00', '2026-01-31T01:30:00.123Z'],
    ['2026-01-31T09:30:00+0800', '2026-01-31T01:30:00.000Z'],
    // JavaScript: toISOString(). Java: Instant, OffsetDateTime, ZonedDateTime. Ruby: to_s. PostgreSQL:
    // timestamptz.
    ['2026-01-31T09:30:00.000Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00.000000001Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30+08:00', '2026-01-31T01:30:00.000Z'],
    ['2026-01-31T09:30+08:00[Asia/Taipei]', '2026-01-31T01:30:00.000Z'],
    ['2026-01-31 09:30:00 +0800', '2026-01-31T01:30:00.000Z'],
    ['2026-01-31 09:30:00 UTC', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31 09:30:00.5+08', '2026-01-31T01:30:00.500Z'],
  ])('%s is %s', (text, instant) => {
    expect(shown(text)).toBe(instant);
  });

  it.each([
    ['', /RFC 3339/],
    ['tomorrow', /RFC 3339/],
    ['2026-01-31', /RFC 3339/],
    ['2026-01-31T09:30:00', /must have an offset/],
    ['2026-01-31T09:30:00.123456', /must have an offset/],
    ['2026-01-31T09:30', /must have an offset/],
    ['2026-01-31 09:30', /RFC 3339/],
    ['2026-01-31T09:30:00+8', /RFC 3339/],
    ['2026-01-31 09:30:00 CST', /RFC 3339/],
    ['2026-01-31 09:30:00 CST m=+0.5', /RFC 3339/],
    ['2026-01-31 09:30:00 m=+0.5', /RFC 3339/],
    ['2026-01-31 09:30:00 +0800 CST m=0.5', /RFC 3339/],
    ['2026-01-31 09:30:00 +0800 CST m=+0.5 ', /RFC 3339/],
    ['2026-01-31T09:30:00Z CST', /RFC 3339/],
    ['2026-01-31T09:30:00+08:00 CST', /RFC 3339/],
    ['2026-01-31 09:30:00[Asia/Taipei]', /RFC 3339/],
    ['2026-01-31T09:30:00Z[!Asia/Taipei]', /RFC 3339/],
    ['Sat Jan 31 2026 09:30:00 GMT+0800', /RFC 3339/],
    ['Sat, 31 Jan 2026 09:30:00 GMT', /RFC 3339/],
    ['2026-01-31T09:30:00.Z', /RFC 3339/],
    [' 2026-01-31T09:30:00Z', /RFC 3339/],
    ['+002026-01-31T09:30:00Z', /RFC 3339/],
    ['2026-01-31T09:30:00Z\n', /RFC 3339/],
    [`2026-01-31T09:30:00.${'1'.repeat(60)}Z`, /RFC 3339/],
    ['2026-02-29T00:00:00Z', /date that exists/],
    ['2026-13-01T00:00:00Z', /date that exists/],
    ['2026-00-10T00:00:00Z', /date that exists/],
    ['2026-04-31 00:00:00', /date that exists/],
    ['2026-01-31T24:00:00Z', /time of day/],
    ['2026-01-31T09:60:00Z', /time of day/],
    ['2026-01-31T09:30:61Z', /time of day/],
    ['2016-12-31T23:59:60Z', /leap second/],
    ['2026-01-31T09:30:00+24:00', /offset/],
    ['2026-01-31T09:30:00+08:60', /offset/],
    ['1970-01-01T00:00:00+00:01', /1970 and 9999/],
    ['0000-01-01T00:00:00Z', /1970 and 9999/],
    ['9999-12-31T23:59:59-00:01', /1970 and 9999/],
  ])('%j is refused', (text, message) => {
    expect(shown(text)).toMatch(message);
  });

  it('comes back as it went out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (epochMs) => {
        expect(parseInstant(formatInstant(epochMs))).toStrictEqual({ ok: true, epochMs });
      }),
    );
  });

  it('agrees with Date on RFC 3339', () => {
    const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
    const parts = fc.tuple(
      fc.integer({ min: 1970, max: 9999 }),
      fc.nat(13),
      fc.nat(32),
      fc.nat(24),
      fc.nat(60),
    );
    fc.assert(
      fc.property(parts, ([year, month, day, hour, minute]) => {
        const text = `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:00.000Z`;
        const date = new Date(text);
        const isExact = !Number.isNaN(date.getTime()) && date.toISOString() === text;
        expect(parseInstant(text).ok).toBe(isExact);
      }),
    );
  });
});

describe('The pattern of times in the document', () => {
  const pattern = new RegExp(instantPattern, 'u');
  const parts = {
    day: fc.constantFrom('2026-02-28', '1970-01-02', '9998-12-31', '1969-06-30', '2026-13-01', '2026-1-1'),
    gap: fc.constantFrom('T', 't', ' ', ''),
    time: fc.constantFrom(
      '09:30',
      '09:30:00',
      '23:59:59.999999999',
      '24:00:00',
      '09:60:00',
      '09:30:60',
      '9:30',
    ),
    offset: fc.constantFrom('Z', 'z', ' UTC', '+08:00', '-0330', '+08', ' +0800', ' -00:30', '+24:00', ''),
    name: fc.constantFrom('', ' CST', ' +08', ' +0800', ' toolongname'),
    more: fc.constantFrom('', ' m=+0.5', ' m=-12.345678901', '[Asia/Taipei]', ' m=1'),
  };

  it('takes what the parser takes, and nothing else', () => {
    fc.assert(
      fc.property(fc.record(parts), ({ day, gap, time, offset, name, more }) => {
        const text = `${day}${gap}${time}${offset}${name}${more}`;
        expect([text, pattern.test(text)]).toStrictEqual([text, parseInstant(text).ok]);
      }),
      { numRuns: 3000 },
    );
  });
});
