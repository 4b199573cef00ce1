import { formatInstant } from '../instant.ts';
import { optionalToJson, type Ad } from './ad.ts';

/**
 * The ad as the API shows it, with its fields in the documented order. Serialised once per version of an ad.
 */
export function adToJson(ad: Ad): string {
  return JSON.stringify({
    id: ad.id,
    title: ad.title,
    content: ad.content,
    start_at: formatInstant(ad.startAt),
    end_at: formatInstant(ad.endAt),
    age_start: ad.ageStart,
    age_end: ad.ageEnd,
    gender: ad.gender,
    country: ad.country,
    platform: ad.platform,
    ...optionalToJson(ad),
    version: ad.version,
    created_at: formatInstant(ad.createdAt),
  });
}

/** The same of an ad that has ended, with one field more: since when it has. */
export function endedAdToJson(ad: Ad): string {
  return `${adToJson(ad).slice(0, -1)},"ended_at":"${formatInstant(ad.endAt)}"}`;
}
