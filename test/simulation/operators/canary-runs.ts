import type { CanaryResult } from '../../../lib/app/canary/canary-state.ts';
import type { Prng } from '../../support/prng.ts';
import { canaryCounter } from '../audit/counter-ledger.ts';
import { demand } from '../audit/demand.ts';
import type { Kernel } from '../kernel.ts';
import type { Platform } from '../platform.ts';
import type { Services } from '../services.ts';

export interface CanaryRunsOptions {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly platform: Platform;
}

/** In so many seeds a canary runs: in the others nothing keeps a quiet shard busy. */
const share = 0.4;

/**
 * The timer of the canary, which comes at any time, at times twice at once. What it reports meanwhile is right: the
 * canary auditor sees to that. Here: at rest it is counted, and it notices a total that is altered.
 */
export class CanaryRuns {
  readonly #options: CanaryRunsOptions;
  readonly #prng: Prng;
  readonly #isOn: boolean;
  #counted = 0;

  constructor(options: CanaryRunsOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('canary');
    this.#isOn = this.#prng.chance(share);
  }

  async run(): Promise<void> {
    if (!this.#isOn) return;
    const runs = this.#prng.chance(0.2) ? 2 : 1;
    await Promise.all(
      Array.from({ length: runs }, async () => {
        try {
          const result = await this.#invoke();
          if (result?.status === 'counted') this.#counted += 1;
        } catch {
          // The next one goes on.
        }
      }),
    );
  }

  async atRest(): Promise<void> {
    if (!this.#isOn) return;
    await this.#expect('counted');
    const by = this.#prng.chance(0.5) ? 1n : -1n;
    await this.#alter(by);
    // An increment that was abandoned may still be counted: so a total that is too high by one may be right.
    const { missing } = (await this.#options.services.memory.get(stateKey)) ?? {};
    await this.#expect(by < 0n ? 'lost' : missing === 0n ? 'doubled' : 'counted');
    await this.#alter(-by);
    await this.#forget();
  }

  facts(): Record<string, number> {
    return { canaryCounted: this.#counted };
  }

  async #invoke(): Promise<CanaryResult | undefined> {
    return (await this.#options.platform.containers.invoke('run-canary', {})) as CanaryResult | undefined;
  }

  async #expect(status: CanaryResult['status']): Promise<void> {
    const result = await this.#invoke();
    demand(result?.status === status, 'G1', 'the canary does not say what is so', () => ({ status, result }));
  }

  /** Behind the log's back, and that of the auditors. */
  async #alter(by: bigint): Promise<void> {
    const { memory } = this.#options.services;
    const key = { table: 'counters', pk: `counter#${canaryCounter}`, sk: '' } as const;
    await memory.write({ type: 'update', key, add: { total: by } });
  }

  /** The total is right again; the account of the canary is not. */
  async #forget(): Promise<void> {
    await this.#options.services.memory.write({ type: 'delete', key: stateKey });
  }
}

const stateKey = { table: 'counters', pk: 'canary', sk: '' } as const;
