import { genders, platforms } from '../../../lib/core/ads/ad.ts';
import type { ModelAd, ModelChange } from './ad-model.ts';
import { showOptional } from './ad-show.ts';

/**
 * How an ad should be stored: the documented array of lib/core/ads/ad-row.ts without its thirteenth member,
 * which only names the ad's schedule.
 */
export function rowOf(ad: ModelAd): string {
  const fields = showOptional(ad);
  const optional = ad.generation ? { ...fields, generation: ad.generation } : fields;
  return JSON.stringify([
    ...[ad.id, ad.title, ad.content, ad.startAt, ad.endAt, ad.ageStart, ad.ageEnd],
    bitsOf(ad.gender, genders),
    ad.country.join(','),
    bitsOf(ad.platform, platforms),
    ...[ad.version, ad.createdAt],
    ...(Object.keys(optional).length === 0 ? [] : [optional]),
  ]);
}

/** A stored row as text, likewise without its thirteenth member. */
export function storedRow(text: unknown): string {
  const row = (typeof text === 'string' ? JSON.parse(text) : text) as unknown;
  return JSON.stringify(Array.isArray(row) ? row.filter((_member, index) => index !== 12) : row);
}

/** What a change item should hold, comparable with `storedChange`. */
export function changeRow(change: ModelChange): string {
  const { version, adId } = change;
  return change.type === 'put'
    ? `put ${version} ${rowOf(change.ad)}`
    : `remove ${version} ${adId} ${change.reason}`;
}

export function storedChange(version: number, text: unknown): string {
  if (typeof text !== 'string') return 'nothing';
  const value = JSON.parse(text) as Record<string, unknown>;
  return 'put' in value
    ? `put ${version} ${storedRow(value.put)}`
    : `remove ${String(value.version)} ${String(value.remove)} ${String(value.reason)}`;
}

function bitsOf<Value>(list: readonly Value[], all: readonly Value[]): number {
  return all.reduce((bits, value, place) => bits + (list.includes(value) ? 2 ** place : 0), 0);
}
