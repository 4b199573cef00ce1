import type { Ports } from '../../lib/app/ports.ts';
import { encodeAdEvent } from '../../lib/app/ads/ad-event-codec.ts';
import type { AdContent } from '../../lib/core/ads/ad.ts';
import { adEventsPartitionKey } from '../../lib/core/streams.ts';
import { adEpochMs } from './ad-builder.ts';
import { adCreated, hourMs } from './ad-event-builder.ts';
import { createHttpWorld, type Reply } from './http-world.ts';

export interface DecidedAd {
  readonly id: string;
  readonly title: string;
  readonly decision: {
    readonly token: string;
    readonly expires_at: string;
    readonly impression_url?: string;
    readonly click_url?: string;
  };
}

export const shopUrl = 'https://shop.example/shoes?a=1&b=%20x';

/** As a browser names itself. */
export const browser = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
};

/**
 * All HTTP functions over memory, with ads that are live: number 1, 2, ... with these contents. The clock is a minute
 * after their start.
 */
export async function createDeliveryWorld(
  contents: readonly Partial<AdContent>[] = [{ clickUrl: shopUrl, endAt: adEpochMs + 400 * 24 * hourMs }],
  overrides: Partial<Ports> = {},
) {
  const world = createHttpWorld(overrides);
  world.startConsumers();
  await world.adEvents.append(
    contents.map((content, index) => ({
      partitionKey: adEventsPartitionKey,
      data: encodeAdEvent(adCreated(index + 1, content)),
    })),
  );
  await world.clock.advance(hourMs + 60_000);
  const caller = (principal: string | undefined) => (principal === undefined ? {} : { principal });
  const decide = (
    body: Readonly<Record<string, unknown>> = {},
    { principal, key }: { readonly principal?: string; readonly key?: string } = {},
  ): Promise<Reply> =>
    world.send({
      ...{ method: 'POST', path: '/api/v1/decisions', ...caller(principal) },
      headers: {
        'Content-Type': 'application/json',
        Host: 'ads.example',
        ...(key !== undefined && { 'Idempotency-Key': key }),
      },
      body: { placements: [{ id: 'top' }], ...body },
    });
  return {
    ...world,
    decide,
    /** One decision of one ad. */
    async decideOne(body: Readonly<Record<string, unknown>> = {}): Promise<DecidedAd> {
      const [ad] = adsOf(await decide(body));
      if (ad === undefined) throw new Error('nothing to show');
      return ad;
    },
    /** Loads an address of a decision, as a browser does. */
    visit(
      url: string,
      {
        method = 'GET',
        headers = browser,
      }: { method?: string; headers?: Readonly<Record<string, string>> } = {},
    ): Promise<Reply> {
      return world.send({ method, path: url.replace('http://ads.example', ''), headers });
    },
    /** What was counted of an ad, after everything that was logged. */
    async numbers(id: string): Promise<Readonly<Record<string, unknown>>> {
      await world.clock.advance(1);
      const reply = await world.get(`/api/v1/ad/${id}/delivery?bucket=minute`);
      const { impressions, clicks, not_counted: notCounted } = reply.json as Record<string, unknown>;
      return { impressions, clicks, notCounted };
    },
  };
}

export type DeliveryWorld = Awaited<ReturnType<typeof createDeliveryWorld>>;

export function adsOf({ json }: Pick<Reply, 'json'>): readonly DecidedAd[] {
  const { decisions } = json as { readonly decisions: readonly { readonly ads: readonly DecidedAd[] }[] };
  return decisions.flatMap(({ ads }) => ads);
}

export const nothingApart = {
  ...{ duplicate: 0, late: 0 },
  invalid: { bot: 0, prefetch: 0, no_user_agent: 0 },
};
