import type { AppendedRecord, ServedCall } from './auditor.ts';
import { readOrder } from './counter-ledger.ts';
import { parseDecisionToken } from './decision-tokens.ts';
import { demand } from './demand.ts';

/** What rights are leased for, and what a decision is signed for. */
interface RightsOf {
  readonly adId: string;
  readonly generation: number;
  readonly epoch: number;
  /** Of the ad: with another one its goal may be lower, or it may be paused. */
  readonly version: number;
}

/** An ad of an answer. */
interface ShownAd {
  readonly id: string;
  readonly version: number;
  readonly decision: { readonly token: string };
}

/**
 * The decisions that containers signed beside what allows them (D2): rights that were leased, for the version of the ad
 * that is shown, or a record of the log that says that the ad has no goal any more.
 */
export class SignedRights {
  readonly #leased = new Map<string, number>();
  readonly #signed = new Map<string, Set<string>>();
  /** By ad, the newest generation that its log has opened. */
  readonly #opened = new Map<string, number>();

  lease(of: RightsOf, rights: number): void {
    const name = nameOf(of);
    this.#leased.set(name, (this.#leased.get(name) ?? 0) + rights);
  }

  appended(record: AppendedRecord): void {
    const order = readOrder(record);
    if (order === undefined || order.through !== undefined) return;
    const adId = order.counter.slice(order.counter.indexOf('#') + 1);
    this.#opened.set(adId, Math.max(order.generation, this.#opened.get(adId) ?? 0));
  }

  /** Every answer that a container gave, whether or not it arrived. */
  served({ target, answer }: ServedCall): void {
    if (target !== '/api/v1/decisions' || answer?.status !== 200) return;
    const { decisions } = JSON.parse(answer.body) as { readonly decisions: readonly { ads: ShownAd[] }[] };
    for (const ad of decisions.flatMap(({ ads }) => ads)) this.#checkSigned(ad);
  }

  #checkSigned({ id: adId, version, decision: { token: text } }: ShownAd): void {
    const token = parseDecisionToken(text);
    if (token === undefined || token.generation === 0) return;
    const { generation, epoch } = token;
    if (generation % 2 === 0) {
      const opened = this.#opened.get(adId) ?? 0;
      demand(
        generation <= opened,
        'G11',
        'a decision is of a generation that the log has not opened',
        () => ({
          ...{ adId, generation, opened },
        }),
      );
      return;
    }
    const name = nameOf({ adId, generation, epoch, version });
    // The same answer may be given again, under its key.
    const signed = this.#signed.get(name) ?? new Set();
    this.#signed.set(name, signed.add(text));
    const leased = this.#leased.get(name) ?? 0;
    demand(signed.size <= leased, 'G10', 'more decisions are signed than rights were leased', () => ({
      ...{ adId, generation, epoch, version, signed: signed.size, leased },
    }));
  }
}

function nameOf({ adId, generation, epoch, version }: RightsOf): string {
  return `${adId}/${generation}/${epoch}/${version}`;
}
