import { dayMs, periodMs, type Frequency } from '../../ads/frequency.ts';
import { isKnownZone } from '../../ads/goal.ts';
import type { Ad } from '../../ads/ad.ts';
import { assert } from '../../assert.ts';
import { LocalDays } from '../goals/local-days.ts';

/** What a cap counts, and when: all decisions with an equal thing, period and end are counted together. */
export interface CapWindow {
  /** `a` and the ad's id, or `c` and its campaign. */
  readonly thing: string;
  readonly max: number;
  readonly periodMs: number;
  /** Milliseconds since 1970, the end excluded. */
  readonly startMs: number;
  readonly endMs: number;
}

export type CappedAd = Pick<Ad, 'id' | 'campaignId' | 'goal'> & { readonly frequency: Frequency };

interface Days {
  readonly local: LocalDays;
  /** By how many days they last: the windows that were asked for last. */
  readonly spans: Map<number, Pick<CapWindow, 'startMs' | 'endMs'>>;
}

/**
 * The windows of caps, which follow each other without a gap: multiples of the period since 1970 in UTC. Days of an ad
 * whose goal has a time zone are those of the zone; a campaign has no zone of its own, so its days are those of UTC.
 */
export class CapWindows {
  readonly #zones = new Map<string, Days>();

  at({ id, campaignId, goal, frequency }: CappedAd, atMs: number): CapWindow {
    const { max, per, scope } = frequency;
    const lastsMs = periodMs(per);
    assert(lastsMs !== undefined, 'a cap has a period');
    if (scope === 'campaign') {
      assert(campaignId !== undefined, 'a cap of a campaign has one');
      return { thing: `c${campaignId}`, max, periodMs: lastsMs, ...multiple(lastsMs, atMs) };
    }
    const zone = per.endsWith('D') ? goal?.timezone : undefined;
    const span = zone === undefined ? multiple(lastsMs, atMs) : this.#daysOf(zone, lastsMs / dayMs, atMs);
    return { thing: `a${id}`, max, periodMs: lastsMs, ...span };
  }

  #daysOf(zone: string, count: number, atMs: number): Pick<CapWindow, 'startMs' | 'endMs'> {
    let days = this.#zones.get(zone);
    if (days === undefined) {
      // A zone that another version of Node.js knew and this one does not.
      days = { local: new LocalDays(isKnownZone(zone) ? zone : 'UTC'), spans: new Map() };
      this.#zones.set(zone, days);
    }
    const known = days.spans.get(count);
    if (known !== undefined && known.startMs <= atMs && atMs < known.endMs) return known;
    const first = Math.floor(days.local.at(atMs).day / count) * count;
    const span = { startMs: days.local.startOf(first), endMs: days.local.startOf(first + count) };
    days.spans.set(count, span);
    return span;
  }
}

function multiple(periodMs: number, atMs: number): Pick<CapWindow, 'startMs' | 'endMs'> {
  const startMs = Math.floor(atMs / periodMs) * periodMs;
  return { startMs, endMs: startMs + periodMs };
}
