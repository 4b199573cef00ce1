import type { AdFilter } from '../../../lib/core/ads/ad-filter.ts';
import type { AdPatch } from '../../../lib/core/ads/ad.ts';
import type { ModelAd } from './ad-model.ts';

/** The answers that the API should give for the model's ads, computed in the slow and obvious way. */

export function showAd(ad: ModelAd): string {
  return JSON.stringify({
    id: ad.id,
    title: ad.title,
    content: ad.content,
    start_at: new Date(ad.startAt).toISOString(),
    end_at: new Date(ad.endAt).toISOString(),
    age_start: ad.ageStart,
    age_end: ad.ageEnd,
    gender: ad.gender,
    country: ad.country,
    platform: ad.platform,
    ...showOptional(ad),
    version: ad.version,
    created_at: new Date(ad.createdAt).toISOString(),
  });
}

/** The same of an ad that has ended. */
export function showEnded(ad: ModelAd): string {
  const shown = JSON.parse(showAd(ad)) as Readonly<Record<string, unknown>>;
  return JSON.stringify({ ...shown, ended_at: shown['end_at'] });
}

/** The fields that an ad may be without, as they are shown and stored, in their order. */
export function showOptional(ad: AdPatch): Readonly<Record<string, unknown>> {
  const { externalId, status, priority, weight, clickUrl, imageUrl, width, height } = ad;
  const { campaignId, metadata, goal, frequency } = ad;
  const all = {
    ...{ external_id: externalId, status, priority, weight, click_url: clickUrl, image_url: imageUrl },
    ...{ width, height, campaign_id: campaignId, metadata, goal, frequency },
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null));
}

export interface AskedPage {
  readonly filter: AdFilter;
  readonly offset: number;
  readonly limit: number;
}

/** The body of `GET /api/v1/ad` over these live ads at an instant. */
export function showPage(
  live: Iterable<ModelAd>,
  atMs: number,
  { filter, offset, limit }: AskedPage,
): string {
  const matching = [...live].filter((ad) => isShown(ad, atMs) && isTargeted(ad, filter));
  matching.sort((a, b) => a.endAt - b.endAt || (a.id < b.id ? -1 : 1));
  const page = matching.slice(offset, offset + limit);
  return `{"ads":[${page.map(showAd).join(',')}],"total":${matching.length}}`;
}

export function isShown({ status, startAt, endAt }: ModelAd, atMs: number): boolean {
  return status !== 'paused' && startAt <= atMs && atMs < endAt;
}

export function isTargeted(ad: ModelAd, { age, country, gender, platform }: AdFilter): boolean {
  if (age === 'unknown' && (ad.ageStart !== null || ad.ageEnd !== null)) return false;
  if (typeof age === 'number' && ad.ageStart !== null && age < ad.ageStart) return false;
  if (typeof age === 'number' && ad.ageEnd !== null && age > ad.ageEnd) return false;
  return names(ad.country, country) && names(ad.gender, gender) && names(ad.platform, platform);
}

function names(targets: readonly string[], asked: string | undefined): boolean {
  return asked === undefined || targets.length === 0 || targets.includes(asked);
}

/** A page of `GET /api/v1/ads`: the ads' JSON, and the id that the next page comes after, if there is one. */
export function showList(
  live: Iterable<ModelAd>,
  atMs: number,
  { afterId, limit }: { readonly afterId: string | undefined; readonly limit: number },
): { readonly ads: string; readonly nextAfterId: string | undefined } {
  const rest = [...live]
    .filter((ad) => atMs < ad.endAt && (afterId === undefined || ad.id > afterId))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const page = rest.slice(0, limit);
  return {
    ads: `[${page.map(showAd).join(',')}]`,
    nextAfterId: rest.length > limit ? page.at(-1)?.id : undefined,
  };
}
