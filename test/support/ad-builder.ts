import { genders, platforms, type Ad, type AdContent } from '../../lib/core/ads/ad.ts';
import type { Prng } from './prng.ts';

/** The 24 countries that random ads choose from, sorted. */
export const adCountries = [
  ...['AR', 'AT', 'AU', 'BE', 'BR', 'CA', 'CH', 'CN', 'DE', 'DK', 'ES', 'FI'],
  ...['FR', 'GB', 'IN', 'IT', 'JP', 'KR', 'MX', 'NL', 'PL', 'SE', 'TW', 'US'],
];

/** 2026-11-21T00:00:00Z, the "now" that random ads lie around. */
export const adEpochMs = Date.UTC(2026, 10, 21);

const dayMs = 86_400_000;

/** An ad for anyone, active for a day from `adEpochMs`. */
export function buildAd(overrides: Partial<Ad> = {}): Ad {
  return {
    id: adId(0),
    title: 'AD 0',
    content: 'content',
    startAt: adEpochMs,
    endAt: adEpochMs + dayMs,
    ageStart: null,
    ageEnd: null,
    gender: [],
    country: [],
    platform: [],
    version: 1,
    createdAt: adEpochMs - dayMs,
    ...overrides,
  };
}

/** A UUIDv7 whose order is that of `n`, 0 .. 2^32 - 1. */
export function adId(n: number): string {
  const hex = n.toString(16).padStart(8, '0');
  return `019aa3d0-${hex.slice(0, 4)}-7${hex.slice(4, 7)}-8000-00000000000${hex.slice(7)}`;
}

/**
 * 'AD n' with 100 bytes of content, for a range within ages 18..64, 1..23 of 24 countries, and any one or two
 * genders and one to three platforms; started up to 30 days ago or starting within 10, ending up to 60 days
 * from now.
 */
export function randomContent(prng: Prng, n: number): AdContent {
  const ages = [prng.int(18, 64), prng.int(18, 64)];
  const startAt = adEpochMs + prng.int(-30 * dayMs, 10 * dayMs - 1);
  return {
    title: `AD ${n}`.padEnd(5, '.'),
    content: `${n} `.padEnd(100, 'lorem ipsum dolor sit amet '),
    startAt,
    endAt: Math.max(startAt, adEpochMs) + prng.int(1, 50 * dayMs),
    ageStart: Math.min(...ages),
    ageEnd: Math.max(...ages),
    gender: prng.sample(genders, prng.int(1, 2)),
    country: prng.sample(adCountries, prng.int(1, 23)),
    platform: prng.sample(platforms, prng.int(1, 3)),
  };
}

/** Ad number `n` as a snapshot or the change of `version` would hold it. */
export function randomAd(prng: Prng, n: number, version = n + 1): Ad {
  return { ...randomContent(prng, n), id: adId(n), version, createdAt: adEpochMs - 30 * dayMs };
}
