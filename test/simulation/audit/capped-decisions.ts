import type { ModelAd } from './ad-model.ts';
import type { AuditedToken } from './decision-tokens.ts';
import { demand } from './demand.ts';
import { localDay } from './zone-days.ts';

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;
/** Those that the clients of the simulator write. */
const periods: Readonly<Record<string, number>> = {
  PT1M: minuteMs,
  PT5M: 5 * minuteMs,
  PT1H: 60 * minuteMs,
  P1D: dayMs,
};

/** Decisions of one user for one thing in one window, by their tokens: a replay has the same. */
interface Counted {
  readonly tokens: Set<string>;
  /** The most that any version of the ad allowed: containers may have older catalogs. */
  max: number;
}

/** Counts the decisions that a user got of capped ads: G13, never more than the cap in a window. */
export class CappedDecisions {
  readonly #epochMs: number;
  readonly #counted = new Map<string, Counted>();

  constructor(impressionMinutes: number) {
    this.#epochMs = Math.ceil((impressionMinutes + 18) / 32) * minuteMs;
  }

  add(user: string, { id, campaignId, goal, frequency }: ModelAd, token: AuditedToken): void {
    if (frequency === undefined) return;
    const { max, per, scope } = frequency;
    const lastsMs = periods[per] ?? 0;
    const isLocal = per === 'P1D' && scope === 'ad';
    const zone = (isLocal ? goal?.timezone : undefined) ?? 'UTC';
    const windowOf = (atMs: number): number => (isLocal ? localDay(zone, atMs) : Math.floor(atMs / lastsMs));
    const fromMs = Math.floor(token.epoch / 4) * minuteMs;
    // The token says only the epoch in which its container decided.
    if (windowOf(fromMs) !== windowOf(fromMs + this.#epochMs - 1)) return;
    const thing = scope === 'campaign' ? ['campaign', campaignId] : ['ad', id];
    const key = JSON.stringify([user, thing, lastsMs, zone, windowOf(fromMs)]);
    const counted = this.#counted.get(key) ?? { tokens: new Set<string>(), max };
    this.#counted.set(key, counted);
    counted.tokens.add(token.text);
    counted.max = Math.max(counted.max, max);
    demand(counted.tokens.size <= counted.max, 'G13', 'a user got more decisions than a cap allows', () => ({
      ...{ key, max: counted.max, tokens: [...counted.tokens] },
    }));
  }
}
