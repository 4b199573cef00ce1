import { describe, expect, it } from '@jest/globals';
import { AdState } from '../../../lib/core/ads/ad-state.ts';
import { decide } from '../../../lib/core/ads/decide.ts';
import { specifyAdDecisions } from '../../specifications/ad-decisions.ts';
import { memoryStores } from '../../specifications/specification-store.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { adUpdated } from '../../support/ad-event-builder.ts';

specifyAdDecisions(memoryStores);

describe('updating an ad of a stage that takes less than it holds by now', () => {
  const state = AdState.from([buildAd({ id: adId(1), title: 'AD 1' })], 1);
  const decided = (title: string, liveBytesMax: number): string => {
    const decision = decide(adUpdated(1, { title }), state, { liveAdsMax: 1, liveBytesMax });
    return decision.type === 'refused' ? decision.reason : decision.type;
  };

  it.each([
    ['AD', -1, 'applied'],
    ['AD.1', -1, 'applied'],
    ['AD 1!', -1, 'over-limit'],
    ['AD 1!', 0, 'over-limit'],
    ['AD 1!', 1, 'applied'],
    ['AD 1!!', 1, 'over-limit'],
  ])('to the title %j with room for %d bytes more: %s', (title, room, expected) => {
    expect(decided(title, state.liveBytes + room)).toBe(expected);
  });
});
