import { createClient, type Client } from '../../client/index.ts';
import type { Increments } from './generator/plan.ts';

export interface Comparison {
  readonly keys: number;
  readonly acknowledged: number;
  readonly counted: number;
  /** Sent, without an acknowledgement: counted or not. */
  readonly uncertain: number;
  /** Counters that are not what they must be. */
  readonly wrong: readonly string[];
}

const keysPerRead = 100;
const pollEveryMs = 100;
/** In which something counted twice would show. */
const settleMs = 500;
const wrongListedMax = 20;

/** What was acknowledged, per counter, over all runs on one server. */
export class Ledger {
  readonly keyPrefix: string;
  readonly #acknowledged: Float64Array;
  readonly #uncertain: Float64Array;

  constructor(keyPrefix: string, keys: number) {
    this.keyPrefix = keyPrefix;
    this.#acknowledged = new Float64Array(keys);
    this.#uncertain = new Float64Array(keys);
  }

  add({ acknowledged, uncertain }: Increments): void {
    acknowledged.forEach((sum, key) => (this.#acknowledged[key] = (this.#acknowledged[key] ?? 0) + sum));
    uncertain.forEach((sum, key) => (this.#uncertain[key] = (this.#uncertain[key] ?? 0) + sum));
  }

  /** Reads every counter until all is counted, or `waitMsMax` has passed, and then once more. */
  async compare(url: URL, waitMsMax: number): Promise<Comparison> {
    const client = createClient({ baseUrl: url.origin });
    const untilMs = performance.now() + waitMsMax;
    let counted = await this.#read(client);
    while (this.#missing(counted) && performance.now() < untilMs) {
      await sleep(pollEveryMs);
      counted = await this.#read(client);
    }
    await sleep(settleMs);
    counted = await this.#read(client);
    return this.#judge(counted);
  }

  #missing(counted: Float64Array): boolean {
    return counted.some((total, key) => total < (this.#acknowledged[key] ?? 0));
  }

  #judge(counted: Float64Array): Comparison {
    const wrong: string[] = [];
    counted.forEach((total, key) => {
      const least = this.#acknowledged[key] ?? 0;
      const most = least + (this.#uncertain[key] ?? 0);
      if (total >= least && total <= most) return;
      const wanted = least === most ? String(least) : `${least} to ${most}`;
      if (wrong.length < wrongListedMax)
        wrong.push(`${this.keyPrefix}-${key}: counted ${total}, must be ${wanted}`);
    });
    const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
    return {
      keys: counted.length,
      acknowledged: sum(this.#acknowledged),
      counted: sum(counted),
      uncertain: sum(this.#uncertain),
      wrong,
    };
  }

  async #read(client: Client): Promise<Float64Array> {
    const totals = new Float64Array(this.#acknowledged.length);
    for (let from = 0; from < totals.length; from += keysPerRead) {
      const count = Math.min(keysPerRead, totals.length - from);
      const key = Array.from({ length: count }, (_, i) => `${this.keyPrefix}-${from + i}`);
      const { body } = await client.getCounters({ key });
      for (const counter of body.counters) {
        totals[Number(counter.key.slice(this.keyPrefix.length + 1))] = Number(counter.value);
      }
    }
    return totals;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
