import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatInstant } from '../../lib/core/instant.ts';

describe('an instant as text', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [Date.UTC(1972, 1, 29, 23, 59, 59, 999), '1972-02-29T23:59:59.999Z'],
    [Date.UTC(2000, 1, 29), '2000-02-29T00:00:00.000Z'],
    [Date.UTC(2000, 2, 1), '2000-03-01T00:00:00.000Z'],
    [Date.UTC(2100, 1, 28, 12, 34, 56, 7), '2100-02-28T12:34:56.007Z'],
    [Date.UTC(2100, 2, 1), '2100-03-01T00:00:00.000Z'],
    [Date.UTC(2399, 11, 31), '2399-12-31T00:00:00.000Z'],
    [Date.UTC(2400, 1, 29), '2400-02-29T00:00:00.000Z'],
    [Date.UTC(9999, 11, 31, 23, 59, 59, 999), '9999-12-31T23:59:59.999Z'],
    [Date.UTC(9999, 11, 31, 23, 59, 59, 999) + 1, '9999-12-31T23:59:59.999Z'],
    [Number.MAX_SAFE_INTEGER, '9999-12-31T23:59:59.999Z'],
  ])('%d is %s', (epochMs, text) => {
    expect(formatInstant(epochMs)).toBe(text);
  });

  it('agrees with the calendar of the platform on every day of 400 years', () => {
    const dayMs = 86_400_000;
    const days = Array.from({ length: 146_097 }, (_, day) => day * dayMs);
    expect(days.filter((ms) => formatInstant(ms) !== new Date(ms).toISOString())).toEqual([]);
  });

  it('agrees with the clock of the platform at any millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }), (epochMs) => {
        expect(formatInstant(epochMs)).toBe(new Date(epochMs).toISOString());
      }),
    );
  });
});
