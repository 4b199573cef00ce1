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
import { createGoalReports } from '../../lib/app/delivery/goal-reports.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { assert } from '../../lib/core/assert.ts';
import { seriesFacts } from '../../lib/core/counters/series.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { numbersJson, pointsJson } from './delivery-json.ts';

const neverStored = { 'Cache-Control': 'no-store' } as const;

const otherList = invalidRequest([
  { path: 'cursor', message: 'is of a list with another status; begin that list without a cursor' },
]);

/** What was counted of one ad, and of the ads of a campaign. */
export function reportOperations(
  deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'settings'>,
  catalogs: CatalogReader,
): readonly Operation<'decide-ads'>[] {
  const goals = createGoalReports(deps);
  const ofAd = operation(deliveryRoutes.getAdDelivery, async ({ path: { id }, query, tokens }) => {
    // The levels stay the same until the answer.
    const now = { ...deps, settings: settingsNow(deps.settings) };
    const range = seriesRange(query, 1, now);
    if ('problem' in range) return range;
    const reader = createDeliveryReader(now);
    const result = await reader.read([id], tokens);
    if (result.status === 'not-caught-up') return problem('not-caught-up');
    const [numbers] = result.ads;
    assert(numbers !== undefined, 'one ad');
    const ad = await goals.find(id, numbers.counter);
    const [goal] = await goals.read([{ ad, counter: numbers.counter }]);
    const series = await reader.readSeries(id, range);
    assert(series.status === 'ok', 'a level that has been checked');
    const { bucketMs } = seriesFacts[range.bucket];
    const plannedBetween = goal?.plannedBetween;
    const planned = plannedBetween && ((atMs: number) => plannedBetween(atMs, atMs + bucketMs));
    const endMs = Math.ceil(range.toMs / bucketMs) * bucketMs;
    const from = formatInstant(series.points[0]?.atMs ?? endMs);
    const facts = `"bucket":"${range.bucket}","from":"${from}","to":"${formatInstant(endMs)}"`;
    const points = pointsJson(series.points, planned);
    const body = `{"id":"${id}",${numbersJson(numbers, goal)},${facts},"points":[${points}]}`;
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
    const { catalog } = view;
    const { items, nextAfterId } = catalog.listMatching({ campaignId }, page, deps.clock.nowMs());
    const ads = items.flatMap((json) => catalog.get((JSON.parse(json) as { readonly id: string }).id) ?? []);
    return { ads, next: nextAfterId };
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
    const counted = result?.ads ?? [];
    const ofGoals = await goals.read(counted.map(({ counter }, index) => ({ ad: ads[index], counter })));
    const rows = counted.flatMap((numbers, index) => {
      const ad = ads[index];
      if (ad === undefined) return [];
      return [
        `{"id":"${ad.id}","title":${JSON.stringify(ad.title)},${numbersJson(numbers, ofGoals[index])}}`,
      ];
    });
    const nextCursor = next === undefined ? 'null' : `"${encodeCursor(next)}"`;
    const body = `{"campaign_id":${JSON.stringify(campaignId)},"ads":[${rows.join(',')}],"next_cursor":${nextCursor}}`;
    return { status: 200, headers: neverStored, body };
  });

  return [ofAd, ofCampaign];
}
