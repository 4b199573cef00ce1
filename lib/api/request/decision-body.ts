import type * as z from 'zod';
import { unknown } from '../../core/ads/ad-filter.ts';
import { ageMax, ageMin, genders, platforms } from '../../core/ads/ad.ts';
import { decisionAdsMax } from '../../core/delivery/choose.ts';
import { adsPerPlacementMax, placementsMax, type decisionsBody } from '../delivery-schemas.ts';
import { isAskedCountry } from './countries.ts';

const placementId = /^[!-~]{1,64}$/;

/**
 * Whether parsed JSON is a body of the busiest POST that has an audience and placements alone: most are. `decisionsBody`
 * accepts all of these and leaves them as they are, several times slower; it reads the others and names every fault. A
 * test compares the two on random bodies.
 */
export function isPlainDecision(body: unknown): body is z.output<typeof decisionsBody> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  const given = body as Readonly<Record<string, unknown>>;
  let hasPlacements = false;
  for (const name in given) {
    const value = given[name];
    switch (name) {
      case 'age':
        if (value !== unknown && !isWholeWithin(value, ageMin, ageMax)) return false;
        break;
      case 'country':
        if (typeof value !== 'string' || (value !== unknown && !isAskedCountry(value))) return false;
        break;
      case 'gender':
        if (value !== unknown && !(genders as readonly unknown[]).includes(value)) return false;
        break;
      case 'platform':
        if (value !== unknown && !(platforms as readonly unknown[]).includes(value)) return false;
        break;
      case 'placements':
        if (!arePlacements(value)) return false;
        hasPlacements = true;
        break;
      default:
        return false;
    }
  }
  return hasPlacements;
}

function arePlacements(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 1 || value.length > placementsMax) return false;
  // Most have one.
  const ids = value.length > 1 ? new Set<string>() : undefined;
  let ads = 0;
  for (const place of value as unknown[]) {
    if (typeof place !== 'object' || place === null || Array.isArray(place)) return false;
    for (const name in place) if (name !== 'id' && name !== 'count') return false;
    const { id, count = 1 } = place as { readonly id?: unknown; readonly count?: unknown };
    if (typeof id !== 'string' || !placementId.test(id) || !isWholeWithin(count, 1, adsPerPlacementMax))
      return false;
    ids?.add(id);
    ads += count;
  }
  return (ids === undefined || ids.size === value.length) && ads <= decisionAdsMax;
}

function isWholeWithin(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}
