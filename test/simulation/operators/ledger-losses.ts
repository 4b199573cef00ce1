import type { Prng } from '../../support/prng.ts';
import type { AdNotebook } from '../clients/ad-notebook.ts';
import type { Kernel } from '../kernel.ts';
import type { Services } from '../services.ts';

export interface LedgerLossesOptions {
  readonly kernel: Kernel;
  readonly services: Pick<Services, 'state'>;
  /** Those that have goals. */
  readonly ads: Pick<AdNotebook, 'ads'>;
}

/** In so many seeds ledgers are lost. */
const share = 0.3;
const lossShare = 0.5;

/**
 * Operators who restore the table of ledgers: ledgers are deleted, while containers have rights in hand and impressions
 * are on their way, because nobody knows what a restored one has out.
 */
export class LedgerLosses {
  readonly #options: LedgerLossesOptions;
  readonly #prng: Prng;
  readonly #isOn: boolean;
  #lost = 0;

  constructor(options: LedgerLossesOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('ledger losses');
    this.#isOn = this.#prng.chance(share);
  }

  async run(): Promise<void> {
    const { services, ads, kernel } = this.#options;
    if (!this.#isOn || ads.ads.length === 0 || !this.#prng.chance(lossShare)) return;
    const adId = this.#prng.pick(ads.ads);
    kernel.tell(`the ledger of ${adId} is lost`);
    const key = { table: 'delivery', pk: `ledger#${adId}`, sk: '' } as const;
    const { status } = await services.state.write({ type: 'delete', key }, {});
    if (status === 'written') this.#lost += 1;
  }

  /** What follows is predicted with each write. */
  atRest(): Promise<void> {
    return Promise.resolve();
  }

  facts(): Record<string, number> {
    return { ledgersLost: this.#lost };
  }
}
