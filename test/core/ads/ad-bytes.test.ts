import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { adBytes, adOverheadBytes } from '../../../lib/core/ads/ad-content.ts';
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

  it.each([
    ['a', 1],
    ['é', 2],
    ['漢', 3],
    ['😀', 4],
  ])('%s counts %d', (content, bytes) => {
    expect(adBytes(buildAd({ title: '', content }))).toBe(bytes + adOverheadBytes);
  });
});
