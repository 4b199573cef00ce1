import { describe, expect, it } from '@jest/globals';
import { adToJson } from '../../../lib/core/ads/ad-json.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';

describe('an ad as JSON', () => {
  it('has the documented fields in their order, and not the version that set its end', () => {
    const ad = {
      id: adId(1),
      title: 'AD "1"',
      content: 'two\nlines',
      startAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
      endAt: Date.UTC(2027, 0, 1),
      ageStart: 20,
      ageEnd: null,
      gender: ['F'],
      country: ['JP', 'TW'],
      platform: [],
      version: 7,
      createdAt: Date.UTC(2025, 11, 31),
      endVersion: 3,
    } as const;
    expect(adToJson(ad)).toBe(
      `{"id":"${adId(1)}","title":"AD \\"1\\"","content":"two\\nlines",` +
        '"start_at":"2026-01-02T03:04:05.006Z","end_at":"2027-01-01T00:00:00.000Z",' +
        '"age_start":20,"age_end":null,"gender":["F"],"country":["JP","TW"],"platform":[],' +
        '"version":7,"created_at":"2025-12-31T00:00:00.000Z"}',
    );
  });

  it('has the optional fields that are set, in their order', () => {
    const ad = buildAd({
      metadata: { a: 1, b: 'x', c: true },
      ...{
        campaignId: 'c',
        height: 2,
        width: 1,
        imageUrl: 'https://i.example/',
        clickUrl: 'https://c.example/',
      },
      ...{ weight: 1, priority: 8, status: 'active' as const, externalId: 'e' },
    });
    expect(adToJson(ad)).toContain(
      '"platform":[],"external_id":"e","status":"active","priority":8,"weight":1,' +
        '"click_url":"https://c.example/","image_url":"https://i.example/","width":1,"height":2,' +
        '"campaign_id":"c","metadata":{"a":1,"b":"x","c":true},"version":1,',
    );
    expect(adToJson(buildAd({ priority: 1 }))).toContain('"platform":[],"priority":1,"version":1,');
  });
});
