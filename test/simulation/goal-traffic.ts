import type { StateStore } from '../../lib/ports/state-store.ts';
import { demand } from './audit/demand.ts';
import type { ClientWorld } from './clients/client.ts';
import type { GoalNotes } from './clients/goal-editor.ts';
import { decide } from './clients/goal-viewer.ts';
import { hex } from './clients/increment-operation.ts';
import { reportSeen } from './clients/viewer-reports.ts';

type Visiting = Pick<ClientWorld, 'prng' | 'request' | 'sleep' | 'now'>;

export interface GoalTrafficOptions {
  readonly world: Visiting;
  readonly notes: GoalNotes;
  readonly state: Pick<StateStore, 'get'>;
  readonly impressionMinutes: number;
  /** Clocks may be so far apart that impressions are late although pages report them at once. */
  readonly clocksDisagree: boolean;
}

/** An ad that can reach its goal now, as its own page shows it. */
interface Target {
  readonly adId: string;
  readonly total: number;
}

/** Above it, an ad takes more requests than it is worth. */
const missingMax = 40;
const looksMax = 150;
/** With clocks ten minutes apart, impressions of shorter terms are late. */
const steadyMinutes = 10;
/** Much more than what follows here takes. */
const lastsMs = 12 * 3_600_000;
/** Most ads of a request, all in one place. */
const adsPerLook = 10;

/**
 * When nothing strikes any more, pages ask for ads and report every impression, in rounds with time between them in
 * which rights come back. In the end each goal that should be reached as soon as possible is reached (D7).
 */
export class GoalTraffic {
  readonly #options: GoalTrafficOptions;
  readonly #targets: Target[] = [];
  #reached = 0;

  constructor(options: GoalTrafficOptions) {
    this.#options = options;
  }

  /** Resolves to whether there is anything that could be reached. */
  async begin(): Promise<boolean> {
    const { clocksDisagree, impressionMinutes } = this.#options;
    if (clocksDisagree && impressionMinutes < steadyMinutes) return false;
    const { world, notes } = this.#options;
    for (const adId of notes.ads.ads) {
      if (world.prng.chance(0.5)) await this.#setAnew(adId);
      const target = await this.#targetOf(adId);
      if (target !== undefined) this.#targets.push(target);
    }
    return this.#targets.length > 0;
  }

  /** A round of requests; resolves to whether more are needed. */
  async round(): Promise<boolean> {
    const { world, notes, clocksDisagree } = this.#options;
    for (let looks = 0; looks < looksMax; looks += 1) {
      if ((await this.#missing()).length === 0) return false;
      const served = clocksDisagree || world.prng.chance(0.5);
      const shown = await decide(world, notes.ads, {
        wanted: adsPerLook,
        ...(served && { count: 'served' }),
      });
      if (!served) for (const one of shown) await reportSeen(world, one);
      await world.sleep(world.prng.int(20, 400));
    }
    return true;
  }

  /** Every record is settled. */
  async check(): Promise<void> {
    for (const { adId, total } of await this.#missing()) {
      const [counter, ledger] = await this.#itemsOf(adId);
      demand(false, 'G12', 'a goal is not reached with traffic', () => ({ adId, total, counter, ledger }));
    }
    this.#reached = this.#targets.length;
  }

  facts(): Readonly<Record<string, number>> {
    return { goalsReached: this.#reached };
  }

  /** A goal that is a little above what was counted. */
  async #setAnew(adId: string): Promise<void> {
    const { prng, request, now } = this.#options.world;
    const total = (await this.#countedOf(adId)) + prng.int(1, missingMax);
    const end_at = new Date(now() + 4 * lastsMs).toISOString();
    const goal = { impressions: { total }, pacing: 'asap' };
    const trace = hex(prng, 4);
    await request({
      method: 'PATCH',
      target: `/api/v1/ad/${adId}`,
      headers: {
        ...{ 'content-type': 'application/json', prefer: 'wait=10' },
        traceparent: `00-${trace}-${hex(prng, 2)}-01`,
      },
      body: JSON.stringify({ status: 'active', priority: 1, frequency: null, end_at, goal }),
    });
  }

  async #targetOf(adId: string): Promise<Target | undefined> {
    const { world } = this.#options;
    const answer = await world.request({ method: 'GET', target: `/api/v1/ad/${adId}` });
    if (answer === 'gave-up' || answer.status !== 200) return undefined;
    const ad = JSON.parse(answer.body) as ShownAd;
    const total = ad.goal?.impressions.total;
    const isLasting = Date.parse(ad.end_at) > world.now() + lastsMs;
    const isPlain = ad.status !== 'paused' && ad.frequency === undefined && isLasting;
    if (total === undefined || ad.goal?.pacing !== 'asap' || ad.goal.impressions.daily !== undefined)
      return undefined;
    const missing = total - (await this.#countedOf(adId));
    return isPlain && missing > 0 && missing <= missingMax ? { adId, total } : undefined;
  }

  async #missing(): Promise<readonly Target[]> {
    const missing: Target[] = [];
    for (const target of this.#targets)
      if ((await this.#countedOf(target.adId)) < target.total) missing.push(target);
    return missing;
  }

  async #countedOf(adId: string): Promise<number> {
    const [counter] = await this.#itemsOf(adId);
    return Number(counter?.['total'] ?? 0n);
  }

  #itemsOf(adId: string) {
    const { state } = this.#options;
    return Promise.all([
      state.get({ table: 'counters', pk: `counter#\u0001i#${adId}`, sk: '' }),
      state.get({ table: 'delivery', pk: `ledger#${adId}`, sk: '' }),
    ]);
  }
}

interface ShownAd {
  readonly end_at: string;
  readonly status?: string;
  readonly frequency?: unknown;
  readonly goal?: {
    readonly impressions: { readonly total?: number; readonly daily?: number };
    readonly pacing: string;
  };
}
