import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../../lib/adapters/system/system-ids.ts';
import { measureFreshness } from '../../../lib/embedded/demo/freshness.ts';
import { percentile } from '../../../lib/embedded/demo/load.ts';

/** From posting an increment to the first read without a token that shows it, milliseconds. */
export interface Visible {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly samples: number;
}

/** Watches one counter while `work` goes on. */
export async function watchFreshness(url: URL, work: Promise<unknown>): Promise<Visible> {
  const key = systemIds.uuidv7(systemClock.nowMs());
  const sorted = await measureFreshness({ url, clock: systemClock, key }, work);
  return {
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
    samples: sorted.length,
  };
}
