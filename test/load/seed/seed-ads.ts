import { AdtallyError, ProblemError, type AdInput, type Client } from '../../../client/index.ts';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { forEachConcurrently } from '../../../lib/core/concurrently.ts';
import { formatInstant } from '../../../lib/core/instant.ts';
import { Prng } from '../../support/prng.ts';
import { distributions } from './distributions.ts';
import type { SeedOptions } from './options.ts';

export interface SeedResult {
  readonly created: number;
  /** How often each failure came. */
  readonly failed: ReadonlyMap<string, number>;
  /** Ads that the API serves now, these and others, after all of these are applied. */
  readonly served: number;
}

type Drawing = Pick<SeedOptions, 'ads' | 'like' | 'seed' | 'startAtMs' | 'endAtMs'>;

const contentLength = 100;

/** The ads that the options name, in order; each ends a millisecond after the one before. */
export function drawAds({ ads, like, seed, startAtMs, endAtMs }: Drawing): AdInput[] {
  const prng = new Prng(seed);
  return Array.from({ length: ads }, (_, i) => ({
    title: `Ad ${like} ${String(i).padStart(6, '0')}`,
    content: 'x'.repeat(contentLength),
    start_at: formatInstant(startAtMs),
    end_at: formatInstant(endAtMs + i),
    ...distributions[like].draw(() => prng.float()),
  }));
}

const pauseMs = 1000;

/** However low the limit of a token or an address is: a refused call changed nothing, so it is made again. */
async function createPatiently(client: Client, body: AdInput): Promise<void> {
  for (;;) {
    try {
      await client.createAd({ body });
      return;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 429) throw error;
      await systemClock.sleep(pauseMs);
    }
  }
}

/** Creates them, and waits until they are applied. Rejects if the API cannot be reached at all. */
export async function seedAds(
  client: Client,
  options: Drawing & Pick<SeedOptions, 'connections'>,
  onProgress: (done: number) => void = () => undefined,
): Promise<SeedResult> {
  const failed = new Map<string, number>();
  let [created, done] = [0, 0];
  await forEachConcurrently(drawAds(options), options.connections, async (body) => {
    try {
      await createPatiently(client, body);
      created += 1;
    } catch (error) {
      if (!(error instanceof AdtallyError) || error.code === 'not-connected') throw error;
      const what = error.message;
      failed.set(what, (failed.get(what) ?? 0) + 1);
    }
    onProgress((done += 1));
  });
  // The client presents the tokens of its writes, so the answer has all of them.
  const { body } = await client.queryAds({ limit: 1 });
  return { created, failed, served: body.total };
}
