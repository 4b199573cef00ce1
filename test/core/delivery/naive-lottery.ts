import type { Ad } from '../../../lib/core/ads/ad.ts';
import type { DecisionRequest, Lots } from '../../../lib/core/delivery/choose.ts';
import { NaiveCatalog } from '../ads/catalog/naive-catalog.ts';

/** Ids of ads with goals. */
export interface NaiveStandings {
  readonly waiting: ReadonlySet<string>;
  readonly behind: ReadonlySet<string>;
}

/** What a decision promises, by filtering an array: the model that the tests compare with. */
export class NaiveLottery {
  readonly #eligible: readonly Ad[];
  readonly #behind: ReadonlySet<string>;

  constructor(
    ads: readonly Ad[],
    { filter, exclude }: Omit<DecisionRequest, 'placements'>,
    atMs: number,
    { waiting, behind }: NaiveStandings = { waiting: new Set(), behind: new Set() },
  ) {
    this.#behind = behind;
    const page = new NaiveCatalog(ads).query(filter, atMs, { offset: 0, limit: Infinity });
    const shown = new Set(page.items.map((item) => (JSON.parse(item) as { id: string }).id));
    this.#eligible = ads.filter(
      ({ id, status, campaignId }) =>
        shown.has(id) &&
        status !== 'paused' &&
        !waiting.has(id) &&
        exclude?.ads?.includes(id) !== true &&
        (campaignId === undefined || exclude?.campaigns?.includes(campaignId) !== true),
    );
  }

  /** The ads that the next lot is for once some are chosen: those of the first priority that has any. */
  next(chosen: readonly string[]): readonly Ad[] {
    const taken = this.#eligible.filter(({ id }) => chosen.includes(id));
    const left = this.#eligible.filter(
      (ad) =>
        !taken.includes(ad) &&
        (ad.campaignId === undefined || !taken.some(({ campaignId }) => campaignId === ad.campaignId)),
    );
    const first = Math.min(...left.map(priorityOf));
    const ofFirst = left.filter((ad) => priorityOf(ad) === first);
    const behind = ofFirst.filter(({ id }) => this.#behind.has(id));
    return behind.length > 0 ? behind : ofFirst;
  }

  /** How many ads can be chosen, whichever they are: one of each campaign, and all that have none. */
  get size(): number {
    const campaigns = this.#eligible.map(({ id, campaignId }) => campaignId ?? id);
    return new Set(campaigns).size;
  }

  /** With which probability these are chosen, in this order, if that many are wanted. */
  probability(chosen: readonly string[], wanted: number): number {
    let probability = 1;
    for (let i = 0; i < chosen.length; i++) {
      const next = this.next(chosen.slice(0, i));
      const winner = next.find(({ id }) => id === chosen[i]);
      if (winner === undefined) return 0;
      probability *= weightOf(winner) / next.reduce((sum, ad) => sum + weightOf(ad), 0);
    }
    return chosen.length === wanted || this.next(chosen).length === 0 ? probability : 0;
  }
}

export function priorityOf({ priority = 8 }: Ad): number {
  return priority;
}

export function weightOf({ weight = 1 }: Ad): number {
  return weight;
}

/** What the run gives for every sequence of lots that it may draw, and the probability of each sequence. */
export function withEveryLot<Result>(
  run: (lots: Lots) => Result,
): { readonly result: Result; readonly probability: number }[] {
  const outcomes: { result: Result; probability: number }[] = [];
  let lots: number[] = [];
  for (;;) {
    const sizes: number[] = [];
    const result = run({
      below(n) {
        sizes.push(n);
        return lots[sizes.length - 1] ?? 0;
      },
    });
    outcomes.push({ result, probability: sizes.reduce((product, n) => product / n, 1) });
    lots = sizes.map((_, i) => lots[i] ?? 0);
    while (lots.length > 0 && lots.at(-1) === sizes[lots.length - 1]! - 1) lots.pop();
    if (lots.length === 0) return outcomes;
    lots.push(lots.pop()! + 1);
  }
}
