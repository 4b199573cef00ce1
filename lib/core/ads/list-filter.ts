import { matchesFilter } from './ad-filter.ts';
import type { Ad } from './ad.ts';

/** Which live ads a list has. An absent field does not filter. */
export interface ListFilter extends ContentFilter {
  /** `paused`; of the others, `scheduled`: not started yet. */
  readonly status?: ListedStatus | undefined;
}

/** Which ads a list has by what they say. An absent field does not filter. */
export interface ContentFilter {
  /** Ads that are shown to this country, or `unknown`: ads that target none. */
  readonly country?: string | undefined;
  /** How the title begins, character by character. */
  readonly title?: string | undefined;
  readonly externalId?: string | undefined;
  readonly campaignId?: string | undefined;
}

export const listedStatuses = ['scheduled', 'active', 'paused'] as const;
export type ListedStatus = (typeof listedStatuses)[number];

/** What a list is asked for: ads that have ended are a list of their own. */
export const askedStatuses = [...listedStatuses, 'ended'] as const;

/** Whether a list with this filter has the ad. */
export function matchesContent(ad: Ad, { country, title, externalId, campaignId }: ContentFilter): boolean {
  return (
    matchesFilter(ad, { country }) &&
    ad.title.startsWith(title ?? '') &&
    (externalId === undefined || ad.externalId === externalId) &&
    (campaignId === undefined || ad.campaignId === campaignId)
  );
}
