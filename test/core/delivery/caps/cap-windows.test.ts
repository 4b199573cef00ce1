import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Frequency } from '../../../../lib/core/ads/frequency.ts';
import { CapWindows, type CappedAd } from '../../../../lib/core/delivery/caps/cap-windows.ts';
import { adId } from '../../../support/ad-builder.ts';

const capped = (frequency: Partial<Frequency>, timezone?: string): CappedAd => ({
  ...{ id: adId(1), campaignId: 'tea' },
  frequency: { max: 3, per: 'P1D', scope: 'ad', ...frequency },
  ...(timezone !== undefined && {
    goal: { impressions: { daily: 1 }, pacing: 'even' as const, timezone },
  }),
});
const spanOf = (ad: CappedAd, at: string): string[] => {
  const { startMs, endMs } = new CapWindows().at(ad, Date.parse(at));
  return [startMs, endMs].map((ms) => new Date(ms).toISOString());
};

describe('the window of a cap', () => {
  it.each([
    ['PT1M', '2026-07-01T12:34:59.999Z', '2026-07-01T12:34:00.000Z', '2026-07-01T12:35:00.000Z'],
    ['PT1M', '2026-07-01T12:35:00.000Z', '2026-07-01T12:35:00.000Z', '2026-07-01T12:36:00.000Z'],
    ['PT12H', '2026-07-01T12:34:00.000Z', '2026-07-01T12:00:00.000Z', '2026-07-02T00:00:00.000Z'],
    ['P1D', '2026-07-01T23:59:59.999Z', '2026-07-01T00:00:00.000Z', '2026-07-02T00:00:00.000Z'],
    // Weeks are counted from 1970-01-01, a Thursday.
    ['P7D', '2026-07-01T12:00:00.000Z', '2026-06-25T00:00:00.000Z', '2026-07-02T00:00:00.000Z'],
    ['PT7M', '1970-01-01T00:15:00.000Z', '1970-01-01T00:14:00.000Z', '1970-01-01T00:21:00.000Z'],
  ])('of %s at %s is %s to %s', (per, at, start, end) => {
    expect(spanOf(capped({ per }), at)).toEqual([start, end]);
  });

  it.each([
    [
      'Asia/Taipei',
      'P1D',
      '2026-07-01T16:00:00.000Z',
      '2026-07-01T16:00:00.000Z',
      '2026-07-02T16:00:00.000Z',
    ],
    [
      'Asia/Kathmandu',
      'P1D',
      '2026-07-01T18:14:00.000Z',
      '2026-06-30T18:15:00.000Z',
      '2026-07-01T18:15:00.000Z',
    ],
    // 23 and 25 hours.
    [
      'America/New_York',
      'P1D',
      '2026-03-08T12:00:00.000Z',
      '2026-03-08T05:00:00.000Z',
      '2026-03-09T04:00:00.000Z',
    ],
    [
      'America/New_York',
      'P1D',
      '2026-11-01T12:00:00.000Z',
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T05:00:00.000Z',
    ],
    [
      'America/New_York',
      'P2D',
      '2026-03-08T12:00:00.000Z',
      '2026-03-08T05:00:00.000Z',
      '2026-03-10T04:00:00.000Z',
    ],
    // Hours are no days, and a machine may not know a zone.
    [
      'Asia/Taipei',
      'PT24H',
      '2026-07-01T17:00:00.000Z',
      '2026-07-01T00:00:00.000Z',
      '2026-07-02T00:00:00.000Z',
    ],
    [
      'Mars/Olympus',
      'P1D',
      '2026-07-01T17:00:00.000Z',
      '2026-07-01T00:00:00.000Z',
      '2026-07-02T00:00:00.000Z',
    ],
  ])('in %s of %s at %s is %s to %s', (zone, per, at, start, end) => {
    expect(spanOf(capped({ per }, zone), at)).toEqual([start, end]);
  });

  it('of a campaign is in UTC, whatever zone the goal of an ad has', () => {
    const ad = capped({ scope: 'campaign' }, 'Asia/Taipei');
    expect(spanOf(ad, '2026-07-01T17:00:00.000Z')).toEqual([
      '2026-07-01T00:00:00.000Z',
      '2026-07-02T00:00:00.000Z',
    ]);
    expect(new CapWindows().at(ad, 0).thing).toBe('ctea');
    expect(new CapWindows().at(capped({}), 0)).toEqual({
      ...{ thing: `a${adId(1)}`, max: 3, periodMs: 86_400_000 },
      ...{ startMs: 0, endMs: 86_400_000 },
    });
  });

  it('holds its instant, and the next one begins at its end, whatever was asked before', () => {
    const windows = new CapWindows();
    const zones = [undefined, 'Asia/Taipei', 'America/New_York', 'Australia/Lord_Howe'];
    const periods = ['PT1M', 'PT7H', 'P1D', 'P3D', 'P30D'];
    const instants = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.constantFrom(...periods), instants, (zone, per, atMs) => {
        const ad = capped({ per }, zone);
        const window = windows.at(ad, atMs);
        expect(window.startMs).toBeLessThanOrEqual(atMs);
        expect(window.endMs).toBeGreaterThan(atMs);
        expect(windows.at(ad, window.startMs)).toEqual(window);
        expect(windows.at(ad, window.endMs - 1)).toEqual(window);
        expect(windows.at(ad, window.endMs).startMs).toBe(window.endMs);
      }),
    );
  });
});
