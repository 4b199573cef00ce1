import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adBytes, adOverheadBytes } from '../../../lib/core/ads/ad-content.ts';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import { buildAd } from '../../support/ad-builder.ts';

describe('the bytes of an ad', () => {
  it('are its texts in UTF-8 and a constant', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (title, content) => {
        const encoder = new TextEncoder();
        const expected = encoder.encode(title).length + encoder.encode(content).length + adOverheadBytes;
        expect(adBytes(buildAd({ title, content }))).toBe(expected);
      }),
    );
  });

  it('are also those of its optional texts, and of its metadata as JSON', () => {
    const plain = { title: '', content: '' };
    const optional: Partial<Ad> = {
      ...{ externalId: 'é', clickUrl: 'https://a.example/', imageUrl: 'https://b.example/1' },
      ...{ campaignId: 'four', metadata: { a: 'é', b: 1 } },
      ...{ status: 'paused' as const, priority: 1, weight: 2, width: 3, height: 4 },
    };
    const metadataBytes = '{"a":"","b":1}'.length + 2;
    expect(adBytes(buildAd({ ...plain, ...optional }))).toBe(
      adOverheadBytes + 2 + 18 + 19 + 4 + metadataBytes,
    );
  });

  it.each([
    ['a', 1],
    ['é', 2],
    ['漢', 3],
    ['😀', 4],
  ])('%s counts %d', (content, bytes) => {
    expect(adBytes(buildAd({ title: '', content }))).toBe(bytes + adOverheadBytes);
  });
});
