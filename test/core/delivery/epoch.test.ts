import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import {
  closableThrough,
  countsUntilMs,
  dayOfEpoch,
  epochAt,
  epochMinutes,
  epochsBefore,
  epochStartMs,
  firstEpochAfterDay,
} from '../../../lib/core/delivery/epoch.ts';

const minute = 60_000;
const day = 1440 * minute;

describe('an epoch', () => {
  test.each([
    [1, 1],
    [10, 1],
    [14, 1],
    [15, 2],
    [60, 3],
    [1440, 46],
  ])('lasts by the %i minutes in which impressions count: %i', (impressionMinutes, minutes) => {
    expect(epochMinutes(impressionMinutes)).toBe(minutes);
  });

  it('has its first minute and the day modulo 4 in its number', () => {
    // Day 3 since 1970, 00:07.
    expect(epochAt(3 * day + 7 * minute + 59_999, 10)).toBe(4 * (3 * 1440 + 7) + 3);
    // Day 4, and of three minutes: 00:06 to 00:09.
    expect(epochAt(4 * day + 8 * minute, 60)).toBe(4 * (4 * 1440 + 6));
    // The day of another time zone.
    expect(epochAt(4 * day + 8 * minute, 60, 3)).toBe(4 * (4 * 1440 + 6) + 3);
  });

  it('counts impressions until T after its end, and clicks for a day', () => {
    const epoch = epochAt(5 * day + 30_000, 10);
    expect(epochStartMs(epoch)).toBe(5 * day);
    expect(countsUntilMs('impression', epoch, 10)).toBe(5 * day + 11 * minute);
    expect(countsUntilMs('click', epoch, 10)).toBe(6 * day + minute);
  });

  it('holds its instant, whatever T is', () => {
    const instants = fc.integer({ min: 0, max: 4_102_444_800_000 });
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 1440 }), (atMs, impressionMinutes) => {
        const length = Math.ceil((impressionMinutes + 18) / 32) * minute;
        const startMs = Math.floor(atMs / length) * length;
        const epoch = epochAt(atMs, impressionMinutes);
        expect(epoch).toBeLessThan(2 ** 32);
        expect(epochStartMs(epoch)).toBe(startMs);
        // No impression is refused before T, and those that may still count are of at most 33 epochs.
        const untilMs = countsUntilMs('impression', epoch, impressionMinutes);
        expect(untilMs).toBe(startMs + length + impressionMinutes * minute);
        expect((untilMs - startMs) / length).toBeLessThanOrEqual(33);
      }),
    );
  });

  it('tells the day that it was given, of any zone', () => {
    const offsets = fc.integer({ min: -12 * 60, max: 14 * 60 });
    const minutes = fc.integer({ min: 10_000, max: 60_000_000 });
    fc.assert(
      fc.property(minutes, offsets, fc.integer({ min: 1, max: 1440 }), (at, offset, impressionMinutes) => {
        const localDay = Math.floor((at + offset) / 1440);
        const epoch = epochAt(at * minute, impressionMinutes, localDay);
        expect(dayOfEpoch(epoch)).toBe(localDay);
        expect(epoch < firstEpochAfterDay(localDay)).toBe(true);
      }),
    );
  });

  it('is closable three minutes after its last impression could count', () => {
    const instants = fc.integer({ min: 10 ** 9, max: 4_102_444_800_000 });
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 1440 }), (atMs, impressionMinutes) => {
        const through = closableThrough(atMs, impressionMinutes);
        const isClosable = (epoch: number): boolean =>
          countsUntilMs('impression', epoch, impressionMinutes) + 3 * minute <= atMs;
        const last = through + 1 - 4 * Math.ceil((impressionMinutes + 18) / 32);
        expect([through % 4, isClosable(last), isClosable(through + 1)]).toEqual([3, true, false]);
      }),
    );
  });

  it('counts back to the last number of an earlier one', () => {
    expect(epochsBefore(4 * 1000 + 1, 64, 10)).toBe(4 * 936 + 3);
    expect(epochsBefore(4 * 999 + 1, 2, 60)).toBe(4 * 993 + 3);
  });
});
