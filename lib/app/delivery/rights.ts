import type { Ports } from '../ports.ts';
import { AdRights, leaseWaitMs, type Right, type RightsAd } from './ad-rights.ts';
import { RequestWaits } from './request-waits.ts';
import type { TakeBackPorts } from './take-back.ts';

/** Ads whose rights a container knows; it forgets the one that it was asked for longest ago. */
const adsMax = 10_000;
/** Which ads are behind is looked at this often, because it looks at all of them. */
const lookAtBehindMs = 1000;

/** The rights of a container. */
export class Rights {
  readonly #deps: TakeBackPorts;
  /** Least recently asked for first. */
  readonly #ads = new Map<string, AdRights>();
  #behind: ReadonlySet<string> = new Set();
  #lookedAtMs = -Infinity;

  constructor(deps: TakeBackPorts) {
    this.#deps = deps;
  }

  /** `mayAsk`: the catalog is new enough for asking; without that, only rights in hand are spent. */
  forRequest(nowMs: number, mayAsk: boolean, waits = new RequestWaits(this.#deps.clock)): RequestRights {
    return new RequestRights(this.#deps, this, { nowMs, mayAsk, waits });
  }

  known(id: string): AdRights | undefined {
    return this.#ads.get(id);
  }

  /** Whether a decision for this row of an ad with a goal can be made with a right in hand. */
  hasRight(row: { readonly id: string }, nowMs: number): boolean {
    const ad = this.#ads.get(row.id);
    return ad !== undefined && !ad.isOther(row) && ad.hasRight(nowMs);
  }

  /** undefined: a newer version of the ad is known. */
  of(ad: RightsAd, row: object): AdRights | undefined {
    const found = this.#ads.get(ad.id) ?? new AdRights(this.#deps, ad, row);
    this.#ads.delete(ad.id);
    this.#ads.set(ad.id, found);
    if (this.#ads.size > adsMax) this.#ads.delete(this.#ads.keys().next().value ?? '');
    return found.know(ad, row) ? found : undefined;
  }

  behind(nowMs: number): ReadonlySet<string> {
    if (this.#ads.size > 0 && Math.abs(nowMs - this.#lookedAtMs) >= lookAtBehindMs) {
      this.#lookedAtMs = nowMs;
      const found = new Set<string>();
      for (const [id, ad] of this.#ads) if (ad.isBehind(nowMs)) found.add(id);
      this.#behind = found;
    }
    return this.#behind;
  }
}

/** What a request knows of the ads with goals, and how much longer it may wait for them. */
export class RequestRights {
  /** An ad that could have won was left out, because the store failed or was too slow. */
  isDegraded = false;
  readonly #clock: Ports['clock'];
  readonly #rights: Rights;
  readonly #nowMs: number;
  readonly #mayAsk: boolean;
  readonly #waits: RequestWaits;

  constructor(
    { clock }: Pick<Ports, 'clock'>,
    rights: Rights,
    {
      nowMs,
      mayAsk,
      waits,
    }: { readonly nowMs: number; readonly mayAsk: boolean; readonly waits: RequestWaits },
  ) {
    this.#clock = clock;
    this.#rights = rights;
    this.#nowMs = nowMs;
    this.#mayAsk = mayAsk;
    this.#waits = waits;
  }

  /** Of the row of an ad with a goal: it has no right in hand and may not ask for one now. */
  isWaiting(id: string, row: object): boolean {
    const ad = this.#rights.known(id);
    if (ad === undefined || ad.isOther(row)) return !this.#mayWait();
    if (ad.hasRight(this.#nowMs)) return false;
    if (ad.isFailing(this.#nowMs)) this.isDegraded = true;
    return !this.#mayWait() || !ad.mayAsk(this.#nowMs);
  }

  get anyBehind(): boolean {
    return this.#rights.behind(this.#nowMs).size > 0;
  }

  isBehind(id: string): boolean {
    return this.#rights.behind(this.#nowMs).has(id);
  }

  /** Spends a right of the ad, if need be after a wait; undefined: it gets none. */
  take(winner: RightsAd, row: object): Right | undefined | Promise<Right | undefined> {
    const ad = this.#rights.of(winner, row);
    if (ad === undefined) return undefined;
    const right = ad.take(this.#clock.nowMs());
    if (right !== undefined) return right;
    return this.#mayWait() && ad.mayAsk(this.#clock.nowMs()) ? this.#wait(ad, winner, row) : undefined;
  }

  /** Puts a right back that was not used after all: nothing is signed with it. */
  giveBack(id: string, right: Right): void {
    this.#rights.known(id)?.giveBack(right);
  }

  #mayWait(): boolean {
    return this.#mayAsk && this.#waits.areLeftForRights;
  }

  async #wait(ad: AdRights, winner: RightsAd, row: object): Promise<Right | undefined> {
    const inTime = await this.#waits.within(() => ad.ask().then(() => true), leaseWaitMs);
    const nowMs = this.#clock.nowMs();
    if (inTime === undefined || ad.isFailing(nowMs)) this.isDegraded = true;
    // Meanwhile another request may know a newer version.
    return this.#rights.of(winner, row)?.take(nowMs);
  }
}
