import { createClient } from '../../client/index.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { drawAd } from '../../lib/embedded/demo/go-load.ts';
import { runLoad } from '../../lib/embedded/demo/load.ts';
import { Prng } from '../support/prng.ts';

const connections = 200;
const lifeMs = 7 * 24 * 3_600_000;
const stuckMsMax = 60_000;

/** Creates ads over HTTP, like those of the Go ad server's test, all active from now on, and waits until they are applied. */
export async function preloadAds(url: URL, count: number, seed: number): Promise<void> {
  if (count === 0) return;
  const before = await adsServed(url);
  const prng = new Prng(seed);
  const random = (): number => prng.uint32() / 2 ** 32;
  const nowMs = Date.now();
  const { acknowledged, failed } = await runLoad({
    url,
    clock: systemClock,
    connections,
    requests: count,
    call: (client, index) =>
      client.createAd({ body: drawAd(random, `${index}`.padStart(5, '0'), window(nowMs, index)) }),
  });
  if (acknowledged !== count) throw new Error(`ads were refused: ${JSON.stringify([...failed])}`);
  let applied = 0;
  for (let stuckSinceMs = performance.now(); applied < count;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const nowApplied = (await adsServed(url)) - before;
    if (nowApplied > applied) stuckSinceMs = performance.now();
    else if (performance.now() - stuckSinceMs > stuckMsMax)
      throw new Error(`only ${applied} ads are applied`);
    applied = nowApplied;
  }
}

function window(nowMs: number, index: number): { startAtMs: number; endAtMs: number } {
  return { startAtMs: nowMs - 1000, endAtMs: nowMs + lifeMs + index };
}

/** Active ads, by the total of a page. */
export async function adsServed(url: URL): Promise<number> {
  const { body } = await createClient({ baseUrl: url.origin }).queryAds({ limit: 1 });
  return body?.total ?? 0;
}
