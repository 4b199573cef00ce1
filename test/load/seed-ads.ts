import { openLmdb } from '../../lib/adapters/lmdb/open-lmdb.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { parseHead } from '../../lib/app/ads/ad-head.ts';
import { writeSnapshot } from '../../lib/app/ads/snapshot-writer.ts';
import { headKey } from '../../lib/app/state-keys.ts';
import { AdState, evolve } from '../../lib/core/ads/ad-state.ts';
import { consumers } from '../../lib/embedded/delivery/deliveries.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adId, randomContent } from '../support/ad-builder.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';

const lifeMs = 7 * 24 * 3_600_000;

/**
 * Leaves a snapshot of so many active ads in a fresh folder, as a pipeline would that had taken them one by one: a server
 * that starts on it serves them at once. Their own items are not there, so they can be asked for in pages only.
 */
export async function seedAds(folder: string, count: number, seed: number): Promise<void> {
  const { streams } = stageSettings('local');
  const stores = openLmdb({
    folder,
    streams: {
      'ad-events': { ...streams['ad-events'], retentionMs: lifeMs, consumers: [consumers['ad-events']] },
      increments: { ...streams.increments, retentionMs: lifeMs, consumers: [consumers.increments] },
    },
  });
  try {
    const prng = new Prng(seed);
    const nowMs = Date.now();
    const state = new AdState();
    for (let n = 0; n < count; n++) {
      const window = { startAt: nowMs - 1000, endAt: nowMs + lifeMs + n };
      const ad = { ...randomContent(prng, n), ...window, id: adId(n), version: n + 1, createdAt: nowMs };
      evolve(state, { type: 'put', version: n + 1, ad });
    }
    const attributes = { version: BigInt(count), snapshot_version: 0n, live_ads: BigInt(count) };
    await stores.state.write({ type: 'put', key: headKey, attributes });
    const deps = { state: stores.state, clock: systemClock, telemetry: nullTelemetry };
    if ((await writeSnapshot(deps, state, parseHead(attributes))) === undefined) {
      throw new Error('no snapshot was written');
    }
  } finally {
    await stores.close();
  }
}
