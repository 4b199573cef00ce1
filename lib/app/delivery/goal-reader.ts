import type { Ad } from '../../core/ads/ad.ts';
import { isKnownZone } from '../../core/ads/goal.ts';
import { LocalDays } from '../../core/delivery/goals/local-days.ts';
import type { RightsAd } from './ad-rights.ts';

/**
 * Reads what rights need of an ad; undefined: it never had a goal. Goals of one time zone share its days. A zone that
 * this machine does not know is taken for UTC: then the days differ, and the goal still holds.
 */
export function createGoalReader(): (ad: Ad) => RightsAd | undefined {
  const zones = new Map<string, LocalDays>();
  const daysOf = (timeZone: string): LocalDays => {
    let days = zones.get(timeZone);
    if (days === undefined) {
      days = new LocalDays(isKnownZone(timeZone) ? timeZone : 'UTC');
      zones.set(timeZone, days);
    }
    return days;
  };
  return ({ id, version, generation = 0, startAt, endAt, goal }) => {
    if (goal === undefined && generation === 0) return undefined;
    const { impressions, pacing, timezone = 'UTC' } = goal ?? {};
    const of = impressions && pacing && { ...impressions, pacing };
    return { id, version, generation, startAt, endAt, goal: of && { of, days: daysOf(timezone) } };
  };
}
