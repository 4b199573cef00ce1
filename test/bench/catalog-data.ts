import type { AdChange } from '../../lib/core/ads/ad-change.ts';
import { genders, platforms, type Ad } from '../../lib/core/ads/ad.ts';
import type { AdFilter } from '../../lib/core/ads/catalog/catalog.ts';
import { adCountries, adId, randomAd, randomContent } from '../support/ad-builder.ts';
import type { Prng } from '../support/prng.ts';

/** Describes the ads of every catalog benchmark in its conditions (test/support/ad-builder.ts makes them). */
export const adsDescription =
  "'AD n', 100 bytes of content, within ages 18..64, 1..23 of 24 countries, 1..2 genders, 1..3 platforms, 3 of 4 active";

/**
 * Parsed, as a snapshot's are: text put together by concatenation would weigh more, until it is first read.
 */
export function makeAds(prng: Prng, count: number): Ad[] {
  return Array.from({ length: count }, (_, n) => JSON.parse(JSON.stringify(randomAd(prng, n))) as Ad);
}

export interface PageQuery {
  readonly filter: AdFilter;
  readonly page: { readonly offset: number; readonly limit: number };
}

/**
 * Two kinds of question: as clients are taken to ask, where half the ages have no ads; and for full pages
 * of 10.
 */
export const queryMixes = {
  mixed: 'limit 5/10/15, offset 0..9, age 1..100, 6 countries, gender and platform 3 in 4',
  'full pages': 'limit 10, offset 0..9, age 25..57, 6 countries, gender and platform 1 in 2',
} as const;
export type QueryMix = keyof typeof queryMixes;

export function makeQuery(prng: Prng, mix: QueryMix): PageQuery {
  const isMixed = mix === 'mixed';
  const filterChance = isMixed ? 0.75 : 0.5;
  return {
    filter: {
      age: isMixed ? prng.int(1, 100) : prng.int(25, 57),
      country: prng.pick(adCountries.slice(0, 6)),
      ...(prng.chance(filterChance) ? { gender: prng.pick(genders) } : {}),
      ...(prng.chance(filterChance) ? { platform: prng.pick(platforms) } : {}),
    },
    page: { offset: prng.int(0, 9), limit: isMixed ? prng.pick([5, 10, 15]) : 10 },
  };
}

/** An edit of a random one of the ads, which keeps it live: the size stays the same. */
export function makeUpdate(prng: Prng, adCount: number, version: number): AdChange {
  const n = prng.int(0, adCount - 1);
  return { type: 'put', version, ad: { ...randomContent(prng, n), id: adId(n), version, createdAt: 0 } };
}

/**
 * Creates `adCount` ads, then changes random ones as often: three edits to one removal that is created again.
 */
export function makeChangeLog(prng: Prng, adCount: number): AdChange[] {
  const changes: AdChange[] = Array.from({ length: adCount }, (_, n) => ({
    type: 'put',
    version: n + 1,
    ad: randomAd(prng, n),
  }));
  while (changes.length < 2 * adCount) {
    const version = changes.length + 1;
    const update = makeUpdate(prng, adCount, version);
    if (update.type === 'put' && prng.chance(0.25)) {
      changes.push({ type: 'remove', version, adId: update.ad.id, reason: 'deleted' });
      changes.push({ ...update, version: version + 1, ad: { ...update.ad, version: version + 1 } });
    } else changes.push(update);
  }
  return changes;
}
