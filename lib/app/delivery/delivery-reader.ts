import { assert } from '../../core/assert.ts';
import type { ConsistencyToken } from '../../core/consistency-token.ts';
import { deliveryKey, deliveryKinds } from '../../core/delivery/delivery-key.ts';
import { readCountedRights, type CountedRights } from '../../core/delivery/goals/counted-rights.ts';
import {
  invalidNumber,
  type InvalidReason,
  type UncountedNumber,
} from '../../core/delivery/tracked-event.ts';
import { readItemsMax, type Attributes } from '../../ports/state-store.ts';
import { readSeries, type SeriesRange } from '../counters/series-reader.ts';
import { readSettled } from '../counters/settled-items.ts';
import type { Ports } from '../ports.ts';

/** What was counted of an ad. Each settled event is in exactly one of the numbers. */
export interface AdDelivery {
  readonly impressions: bigint;
  readonly clicks: bigint;
  /** Of impressions and clicks together: events that were not counted. */
  readonly notCounted: {
    readonly duplicate: bigint;
    readonly late: bigint;
    readonly invalid: Readonly<Record<InvalidReason, bigint>>;
  };
  /** What the counter of impressions holds for a goal, of the same read. */
  readonly counter: CountedRights;
}

/** `ads`: one for each requested id, in that order; zeros if nothing was ever tracked. */
export type DeliveryResult =
  | { readonly status: 'ok'; readonly ads: readonly AdDelivery[] }
  /** The events that the tokens name have not been settled in time. */
  | { readonly status: 'not-caught-up' };

export interface DeliveryPoint {
  /** When the bucket begins. */
  readonly atMs: number;
  readonly impressions: bigint;
  readonly clicks: bigint;
}

export type DeliverySeriesResult =
  | { readonly status: 'ok'; readonly points: readonly DeliveryPoint[] }
  /** The stage keeps no series that serves this bucket. */
  | { readonly status: 'not-kept' };

/** The most ads of one read: each is two items. */
export const adsPerDeliveryReadMax = readItemsMax / 2;

export interface DeliveryReader {
  /**
   * The numbers of 1..`adsPerDeliveryReadMax` ads, after the events that the tokens name have been settled; waits
   * up to 2 s for that. Ignores a token of another counter. Knows nothing of whether the ads exist. Rejects with a
   * StateStoreError.
   */
  read(adIds: readonly string[], tokens: readonly ConsistencyToken[]): Promise<DeliveryResult>;
  /** Counted impressions and clicks in each bucket of a range, as `readSeries`. Rejects with a StateStoreError. */
  readSeries(adId: string, range: SeriesRange): Promise<DeliverySeriesResult>;
}

export function createDeliveryReader(deps: Pick<Ports, 'state' | 'clock' | 'settings'>): DeliveryReader {
  return {
    read: async (adIds, tokens) => {
      assert(adIds.length > 0 && adIds.length <= adsPerDeliveryReadMax, 'a read has 1 to 50 ads');
      const keys = [...new Set(adIds)].flatMap((adId) =>
        deliveryKinds.map((kind) => deliveryKey(adId, kind)),
      );
      const items = await readSettled(deps, keys, tokens);
      if (items === undefined) return { status: 'not-caught-up' };
      return {
        status: 'ok',
        ads: adIds.map((adId) =>
          toDelivery(items.get(deliveryKey(adId, 'impression')), items.get(deliveryKey(adId, 'click'))),
        ),
      };
    },
    readSeries: async (adId, range) => {
      // The same range for both, however long the first read takes: the kept buckets may become fewer.
      const impressions = await readSeries(deps, deliveryKey(adId, 'impression'), range);
      const clicks = await readSeries(deps, deliveryKey(adId, 'click'), range);
      if (impressions.status === 'not-kept' || clicks.status === 'not-kept') return { status: 'not-kept' };
      const clicksAt = new Map(clicks.points.map(({ atMs, value }) => [atMs, value]));
      return {
        status: 'ok',
        points: impressions.points.flatMap(({ atMs, value }) => {
          const clicked = clicksAt.get(atMs);
          return clicked === undefined ? [] : [{ atMs, impressions: value, clicks: clicked }];
        }),
      };
    },
  };
}

function toDelivery(impressions: Attributes = {}, clicks: Attributes = {}): AdDelivery {
  const uncounted = (number: UncountedNumber): bigint =>
    numberOf(impressions, number) + numberOf(clicks, number);
  const invalid = (reason: InvalidReason): bigint => uncounted(invalidNumber(reason));
  return {
    impressions: numberOf(impressions, 'total'),
    clicks: numberOf(clicks, 'total'),
    notCounted: {
      duplicate: uncounted('duplicate'),
      late: uncounted('late'),
      invalid: {
        bot: invalid('bot'),
        prefetch: invalid('prefetch'),
        'no-user-agent': invalid('no-user-agent'),
      },
    },
    counter: readCountedRights(impressions),
  };
}

function numberOf(item: Attributes, name: 'total' | UncountedNumber): bigint {
  const value = item[name];
  return typeof value === 'bigint' ? value : 0n;
}
