import { hash } from 'node:crypto';
import type { AdChange } from '../../core/ads/ad-change.ts';
import type { AdExpired } from '../../core/ads/ad-event.ts';
import type { Ad } from '../../core/ads/ad.ts';
import { SnapshotAds } from '../../core/ads/snapshot/snapshot-ads.ts';
import { appendEntriesMax } from '../../ports/event-log.ts';
import type { ExpiryInput } from '../../ports/expiry-schedule.ts';
import { PortError } from '../../ports/port-error.ts';
import { metrics } from '../../ports/telemetry.ts';
import { type Appended, appendEvents } from '../append-events.ts';
import type { Ports } from '../ports.ts';
import { headKey } from '../state-keys.ts';
import { adEventEntry } from './ad-event-codec.ts';
import { parseHead } from './ad-head.ts';
import { createGoalReader } from '../delivery/goal-reader.ts';
import type { SweptAd } from '../delivery/sweep-rights.ts';
import { type AdFollower, bringUpTo } from './ad-recovery.ts';

export interface AdExpirer {
  /**
   * For a schedule that fired: logs that the ad's end has come, or does nothing if this process's clock is
   * before that end. It may run late, twice, or for an end that has moved: the event has the same id each
   * time, and decide knows the ad's end. Rejects with an ExpiryNotLoggedError.
   */
  expire(input: ExpiryInput): Promise<void>;
  /**
   * Logs the end of ads whose schedule never fired, at most `sweptPerRunMax` of them, the longest ended
   * first. Stops at the first events that the log does not accept; the next run continues. Rejects with a
   * StateStoreError or a ChangeLogGapError.
   */
  sweep(): Promise<{ appended: number }>;
  /** The live ads with a goal, as the last sweep found them. */
  goalAds(): readonly SweptAd[];
}

/**
 * `expiry-not-logged`: the log did not accept the event, or may not have. The sweep logs it if the schedule
 * does not retry.
 */
export class ExpiryNotLoggedError extends PortError {
  override readonly name = 'ExpiryNotLoggedError';
  readonly code = 'expiry-not-logged';
  readonly retryable = true;
}

/** After this time the schedule should have expired the ad: its precision is 60 s, and this is twice that. */
const sweptAfterMs = 2 * 60_000;

/** Five seconds of the log's 1,000 records a second. */
export const sweptPerRunMax = 10 * appendEntriesMax;

type Deps = Pick<Ports, 'adEvents' | 'state' | 'blobs' | 'clock' | 'ids' | 'telemetry'>;

export function createAdExpirer(deps: Deps): AdExpirer {
  let kept = new EndsFollower();
  return {
    expire: async ({ adId, endAtMs }) => {
      const nowMs = deps.clock.nowMs();
      if (nowMs < endAtMs) return;
      const event = expiredEvent(['schedule', adId, endAtMs], { adId, endAt: endAtMs, at: nowMs });
      const [outcome] = await append(deps, [event]);
      if (outcome?.status !== 'appended') throw new ExpiryNotLoggedError('the log did not accept an expiry');
    },
    sweep: async () => {
      const follower = kept;
      // A concurrent run starts cold instead of sharing a follower that is being moved.
      kept = new EndsFollower();
      try {
        await bringUpTo(deps, parseHead(await deps.state.get(headKey)), follower);
      } finally {
        if (follower.version >= kept.version) kept = follower;
      }
      const nowMs = deps.clock.nowMs();
      const ended = follower.endedBefore(nowMs - sweptAfterMs).slice(0, sweptPerRunMax);
      const appended = await appendAll(deps, ended, nowMs);
      if (appended > 0) deps.telemetry.count(metrics.adsSwept, appended);
      return { appended };
    },
    goalAds: () => kept.goalAds(),
  };
}

async function appendAll(deps: Deps, ended: readonly AdEnd[], nowMs: number): Promise<number> {
  let appended = 0;
  for (let start = 0; start < ended.length; start += appendEntriesMax) {
    const events = ended.slice(start, start + appendEntriesMax).map(({ adId, endAt, version }) =>
      // The id includes the version: if the ad's end returns to a time whose schedule was refused, this is a
      // new event.
      expiredEvent(['sweep', adId, endAt, version], { adId, endAt, at: nowMs }),
    );
    const outcomes = await append(deps, events);
    const count = outcomes.filter(({ status }) => status === 'appended').length;
    appended += count;
    if (count < events.length) break;
  }
  return appended;
}

/** A second copy has no effect: it has the same id, and the projector decides each id once. */
function append(deps: Deps, events: readonly AdExpired[]): Promise<readonly Appended[]> {
  return appendEvents({ ...deps, log: deps.adEvents }, events.map(adEventEntry), { repeatable: true });
}

/** The id is derived from the content, so the event is decided once however often it is logged. */
function expiredEvent(
  about: readonly (string | number)[],
  event: Pick<AdExpired, 'adId' | 'endAt' | 'at'>,
): AdExpired {
  const id = hash('sha256', about.join('|'), 'hex').slice(0, 32);
  return { v: 1, type: 'AdExpired', id, ...event };
}

interface AdEnd {
  readonly adId: string;
  readonly endAt: number;
  /** The version of the ad's last change. */
  readonly version: number;
}

/** Follows only the ends of the live ads, and which have a goal: a sweep does not need their texts. */
class EndsFollower implements AdFollower<SnapshotAds> {
  version = 0;
  readonly #ends = new Map<string, AdEnd>();
  readonly #goals = new Map<string, SweptAd>();
  readonly #goalOf = createGoalReader();

  createRows(): SnapshotAds {
    return new SnapshotAds();
  }

  load({ ads }: SnapshotAds, version: number): void {
    this.#ends.clear();
    this.#goals.clear();
    for (const ad of ads) this.#put(ad);
    this.version = version;
  }

  apply(changes: readonly AdChange[]): void {
    for (const change of changes) {
      if (change.type === 'put') this.#put(change.ad);
      else this.#delete(change.adId);
      this.version = change.version;
    }
  }

  /** Ads whose end came before `instantMs`, the longest ended first. */
  endedBefore(instantMs: number): AdEnd[] {
    const ended: AdEnd[] = [];
    for (const end of this.#ends.values()) if (end.endAt < instantMs) ended.push(end);
    return ended.sort((a, b) => a.endAt - b.endAt);
  }

  goalAds(): readonly SweptAd[] {
    return [...this.#goals.values()];
  }

  #put(ad: Ad): void {
    const { id, endAt, version } = ad;
    this.#ends.set(id, { adId: id, endAt, version });
    const goalAd = ad.goal && this.#goalOf(ad);
    if (goalAd === undefined) this.#goals.delete(id);
    else this.#goals.set(id, { ...goalAd, isPaused: ad.status === 'paused' });
  }

  #delete(adId: string): void {
    this.#ends.delete(adId);
    this.#goals.delete(adId);
  }
}
