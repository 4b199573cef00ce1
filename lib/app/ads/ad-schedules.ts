import { endVersionOf } from '../../core/ads/decide.ts';
import type { Ad } from '../../core/ads/ad.ts';
import { ScheduleError } from '../../ports/expiry-schedule.ts';
import { metrics } from '../../ports/telemetry.ts';
import { forEachConcurrently } from '../../core/concurrently.ts';
import type { Ports } from '../ports.ts';
import { removalReasons, type CommitPlan } from './ad-commit-plan.ts';

const concurrentCallsMax = 16;

/** The last full second that RFC 3339 can write, 9999-12-31T23:59:59Z. */
const lastSecondMs = 253_402_300_799_000;

type Deps = Pick<Ports, 'schedule' | 'telemetry'>;

/**
 * Before a commit: sets a schedule for each end that the plan sets. A failure is only counted, because the
 * sweep needs no schedules.
 */
export async function setSchedules(deps: Deps, plan: CommitPlan): Promise<void> {
  const ads = [...plan.overlay.touched.values()].filter(
    (ad): ad is Ad => ad !== undefined && isEndSet(plan.overlay.base.get(ad.id), ad),
  );
  await callEach(deps, ads, async (ad) => {
    const atMs = Math.min(Math.ceil(ad.endAt / 1000) * 1000, lastSecondMs);
    const input = { adId: ad.id, endAtMs: ad.endAt };
    await deps.schedule.set({ name: scheduleName(ad), atMs, input });
  });
}

/**
 * After a commit: removes the schedules of ends that no longer apply. A schedule that remains fires and is
 * refused.
 */
export async function clearSchedules(deps: Deps, plan: CommitPlan, before: readonly Ad[]): Promise<void> {
  const reasons = removalReasons(plan.overlay.changes);
  const ads = before.filter((ad) => {
    const after = plan.overlay.touched.get(ad.id);
    // The schedule of an ad that has ended has fired or is about to fire, and deletes itself.
    return after === undefined ? reasons.get(ad.id) === 'deleted' : isEndSet(ad, after);
  });
  await callEach(deps, ads, async (ad) => deps.schedule.clear(scheduleName(ad)));
}

/** The ads that the plan changes, as they are before it. Call it before the commit. */
export function touchedBefore(plan: CommitPlan): readonly Ad[] {
  const { base, touched } = plan.overlay;
  return [...touched.keys()].flatMap((adId) => base.get(adId) ?? []);
}

function scheduleName(ad: Ad): string {
  return `${ad.id}-${endVersionOf(ad)}`;
}

function isEndSet(before: Ad | undefined, after: Ad): boolean {
  return before === undefined || endVersionOf(before) !== endVersionOf(after);
}

async function callEach(deps: Deps, ads: readonly Ad[], call: (ad: Ad) => Promise<void>): Promise<void> {
  await forEachConcurrently(ads, concurrentCallsMax, async (ad) => {
    try {
      await call(ad);
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      deps.telemetry.count(metrics.scheduleFailed);
    }
  });
}
