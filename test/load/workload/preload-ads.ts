import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import { writeSnapshot } from '../../../lib/app/ads/snapshot-writer.ts';
import { headKey } from '../../../lib/app/state-keys.ts';
import { AdState, evolve } from '../../../lib/core/ads/ad-state.ts';
import { adId, randomContent } from '../../support/ad-builder.ts';
import { openDataFolder } from '../../support/open-data-folder.ts';
import { Prng } from '../../support/prng.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import { drawAd } from './draws.ts';
import { openClient, type Endpoint } from './open-client.ts';
import { sendCalls } from './send-calls.ts';

const connections = 200;
const lifeMs = 7 * 24 * 3_600_000;
const stuckMsMax = 60_000;
const lookEveryMs = 100;

/**
 * Creates ads over HTTP, like those of the Go ad server's test, all active from now on; waits until they are
 * applied.
 */
export async function preloadAds(endpoint: Endpoint, count: number, seed: number): Promise<void> {
  if (count === 0) return;
  const before = await adsServed(endpoint);
  const prng = new Prng(seed);
  const nowMs = Date.now();
  const { acknowledged, failed } = await sendCalls({
    ...endpoint,
    connections,
    requests: count,
    call: (client, index) => {
      const window = { startAtMs: nowMs - 1000, endAtMs: nowMs + lifeMs + index };
      return client.createAd({ body: drawAd(() => prng.float(), `${index}`.padStart(5, '0'), window) });
    },
  });
  if (acknowledged !== count) throw new Error(`ads were refused: ${JSON.stringify([...failed])}`);
  let applied = 0;
  for (let stuckSinceMs = performance.now(); applied < count;) {
    await systemClock.sleep(lookEveryMs);
    const nowApplied = (await adsServed(endpoint)) - before;
    if (nowApplied > applied) stuckSinceMs = performance.now();
    else if (performance.now() - stuckSinceMs > stuckMsMax)
      throw new Error(`only ${applied} ads are applied`);
    applied = nowApplied;
  }
}

/** Active ads, by the total of a page. */
export async function adsServed(endpoint: Endpoint): Promise<number> {
  const { client, close } = openClient(endpoint);
  const { body } = await client.queryAds({ limit: 1 });
  close();
  return body.total;
}

/**
 * Leaves a snapshot of active ads in a fresh folder, as a pipeline would that had taken them one by one: a
 * server that starts on it serves them at once. Their own items are not there, so they can be asked for in
 * pages only.
 */
export async function seedAds(folder: string, count: number, seed: number): Promise<void> {
  const stores = openDataFolder(folder);
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
    if ((await writeSnapshot(deps, state, parseHead(attributes))) === undefined)
      throw new Error('no snapshot was written');
  } finally {
    await stores.close();
  }
}
