import { describe, expect, it } from '@jest/globals';
import { dayStartMs, localDay } from './zone-days.ts';

const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000;
const startOf = (zone: string, date: string): string => new Date(dayStartMs(zone, dayOf(date))).toISOString();

describe('the days that the auditors count by', () => {
  it.each([
    ['UTC', '2026-03-08', '2026-03-08T00:00:00.000Z'],
    ['Asia/Taipei', '2026-01-02', '2026-01-01T16:00:00.000Z'],
    ['Asia/Kathmandu', '2026-01-02', '2026-01-01T18:15:00.000Z'],
    ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z'],
    ['America/New_York', '2026-03-09', '2026-03-09T04:00:00.000Z'],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'],
    ['America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
    // Clocks go from midnight to one o'clock, and back from midnight to eleven.
    ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00.000Z'],
    ['Asia/Beirut', '2026-10-25', '2026-10-24T22:00:00.000Z'],
  ])('in %s, %s begins at %s', (zone, date, instant) => {
    expect(startOf(zone, date)).toBe(instant);
    expect(localDay(zone, Date.parse(instant))).toBe(dayOf(date));
    expect(localDay(zone, Date.parse(instant) - 1)).toBe(dayOf(date) - 1);
  });
});
