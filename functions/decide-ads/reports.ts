import { invalidRequest, problem } from '../../lib/api/answer/answer.ts';
import { seriesRange } from '../../lib/api/answer/series-range.ts';
import { unansweredView } from '../../lib/api/answer/catalog-view.ts';
import { deliveryRoutes } from '../../lib/api/delivery-routes.ts';
import { campaignsPageDefault } from '../../lib/api/delivery-schemas.ts';
import { operation, type Operation } from '../../lib/api/operation.ts';
import { encodeCursor } from '../../lib/api/request/cursor.ts';
import { isEndedPlace, listEnded } from '../../lib/app/ads/ended-list.ts';
import type { CatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { settingsNow } from '../../lib/app/control/effective-settings.ts';
import { createDeliveryReader } from '../../lib/app/delivery/delivery-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { assert } from '../../lib/core/assert.ts';
import { seriesFacts } from '../../lib/core/counters/series.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { numbersJson, pointsJson } from './delivery-json.ts';

const neverStored = { 'Cache-Control': 'no-store' } as const;

interface ListedAd {
  readonly id: string;
  readonly title: string;
}

const otherList = invalidRequest([
  { path: 'cursor', message: 'is of a list with another status; begin that list without a cursor' },
]);

/** What was counted of one ad, and of the ads of a campaign. */
export function reportOperations(
  deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'settings'>,
  catalogs: CatalogReader,
): readonly Operation<'decide-ads'>[] {
  const ofAd = operation(deliveryRoutes.getAdDelivery, async ({ path: { id }, query, tokens }) => {
    // The levels stay the same until the answer.
    const now = { ...deps, settings: settingsNow(deps.settings) };
    const range = seriesRange(query, 1, now);
    if ('problem' in range) return range;
    const reader = createDeliveryReader(now);
    const result = await reader.read([id], tokens);
    if (result.status === 'not-caught-up') return problem('not-caught-up');
    const [numbers] = result.ads;
    const series = await reader.readSeries(id, range);
    assert(numbers !== undefined && series.status === 'ok', 'one ad, and a level that has been checked');
    const { bucketMs } = seriesFacts[range.bucket];
    const endMs = Math.ceil(range.toMs / bucketMs) * bucketMs;
    const from = formatInstant(series.points[0]?.atMs ?? endMs);
    const facts = `"bucket":"${range.bucket}","from":"${from}","to":"${formatInstant(endMs)}"`;
    const body = `{"id":"${id}",${numbersJson(numbers)},${facts},"points":[${pointsJson(series.points)}]}`;
    return { status: 200, headers: neverStored, body };
  });

  /** A page of the live ads of a campaign, by id. */
  const liveAds = async (
    campaignId: string,
    page: { readonly afterId: string | undefined; readonly limit: number },
  ) => {
    // The tokens of a report are of counters; the catalog is as current as a list of ads.
    const view = await catalogs.current([]);
    if (view.status !== 'ok') return unansweredView(view, deps);
    const { items, nextAfterId } = view.catalog.listMatching({ campaignId }, page, deps.clock.nowMs());
    return { ads: items.map((json) => JSON.parse(json) as ListedAd), next: nextAfterId };
  };

  const ofCampaign = operation(deliveryRoutes.getCampaignDelivery, async ({ query, tokens }) => {
    const { campaign_id: campaignId, status, cursor, limit = campaignsPageDefault } = query;
    if (cursor !== undefined && isEndedPlace(cursor) !== (status === 'ended')) return otherList;
    const page =
      status === 'ended'
        ? await listEnded(deps, { campaignId }, { from: cursor, limit })
        : await liveAds(campaignId, { afterId: cursor, limit });
    if (!('ads' in page)) return page;
    const { ads, next } = page;
    const ids = ads.map(({ id }) => id);
    const result = ids.length === 0 ? undefined : await createDeliveryReader(deps).read(ids, tokens);
    if (result?.status === 'not-caught-up') return problem('not-caught-up');
    const rows = ads.flatMap(({ id, title }, index) => {
      const numbers = result?.ads[index];
      return numbers === undefined
        ? []
        : [`{"id":"${id}","title":${JSON.stringify(title)},${numbersJson(numbers)}}`];
    });
    const nextCursor = next === undefined ? 'null' : `"${encodeCursor(next)}"`;
    const body = `{"campaign_id":${JSON.stringify(campaignId)},"ads":[${rows.join(',')}],"next_cursor":${nextCursor}}`;
    return { status: 200, headers: neverStored, body };
  });

  return [ofAd, ofCampaign];
}
