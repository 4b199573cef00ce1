import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AdState, evolve } from '../../../lib/core/ads/ad-state.ts';
import { Catalog } from '../../../lib/core/ads/catalog/catalog.ts';
import { changesOf, decide, type Decision } from '../../../lib/core/ads/decide.ts';
import { adEpochMs } from '../../support/ad-builder.ts';
import { adEventLogs } from '../../support/ad-event-arbitraries.ts';
import { outcomeText } from './ad-commit-items.ts';
import { AdModel } from './ad-model.ts';
import { changeRow, rowOf, storedChange, storedRow } from './ad-rows.ts';
import { showList, showPage } from './ad-show.ts';
import { adToRow } from '../../../lib/core/ads/ad-row.ts';
import { changeToJson } from '../../../lib/core/ads/ad-change.ts';

/** Near enough that a few ads reach them. */
const limits = { liveAdsMax: 4, liveBytesMax: 1400 };

it('decides every log as the projector does', () => {
  fc.assert(
    fc.property(adEventLogs, (events) => {
      const model = new AdModel(limits);
      const state = new AdState();
      for (const event of events) {
        const outcome = model.take(event);
        const decision = decide(event, state, limits);
        const before = new Set(state.ads.keys());
        for (const change of changesOf(decision)) evolve(state, change);
        const effect = event.type === 'AdImported' ? ` ${effectOf(decision, before)}` : '';
        const wanted =
          decision.type === 'refused'
            ? `refused ${decision.reason}`
            : `applied ${decision.type === 'applied' ? decision.change.version : decision.ad.version}${effect}`;
        expect(outcome && outcomeText(outcome)).toBe(wanted);
        if (decision.type === 'applied') {
          const change = model.changes.at(-1);
          expect(change && changeRow(change)).toBe(
            storedChange(state.version, changeToJson(decision.change)),
          );
        }
      }
      expect([...model.live.values()].map(rowOf)).toEqual(
        [...state.ads.values()].map((ad) => storedRow(adToRow(ad))),
      );
      expect(model.liveBytes).toBe(state.liveBytes);
    }),
  );
});

function effectOf(decision: Decision, before: ReadonlySet<string>): string {
  if (decision.type !== 'applied') return 'unchanged';
  const { change } = decision;
  return change.type === 'put' && before.has(change.ad.id) ? 'updated' : 'created';
}

it('shows pages and lists as the catalog does', () => {
  const query = fc.record({ offset: fc.nat(3), limit: fc.integer({ min: 1, max: 5 }) });
  const country = fc.constantFrom('AA', 'TW', 'ZZ');
  const filters = fc.record(
    {
      age: fc.integer({ min: 1, max: 120 }),
      gender: fc.constantFrom('M', 'F'),
      platform: fc.constantFrom('ios', 'web'),
      country,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(adEventLogs, query, filters, fc.nat(60), (events, page, filter, after) => {
      const model = new AdModel({ liveAdsMax: Infinity, liveBytesMax: Infinity });
      for (const event of events) model.take(event);
      const atMs = adEpochMs + after;
      const live = [...model.live.values()];
      const catalog = Catalog.from(live, model.version);
      const { items, total } = catalog.query(filter, atMs, page);
      expect(showPage(live, atMs, { filter, ...page })).toBe(`{"ads":[${items.join(',')}],"total":${total}}`);
      const afterId = live[0]?.id;
      const list = catalog.listById(afterId, page.limit, atMs);
      expect(showList(live, atMs, { afterId, limit: page.limit }).ads).toBe(`[${list.join(',')}]`);
    }),
  );
});

it('takes an event once, and a fork knows it too', () => {
  const [event] =
    fc.sample(
      adEventLogs.filter((log) => log.length > 0),
      { numRuns: 1, seed: 1 },
    )[0] ?? [];
  if (event === undefined) throw new Error('no event');
  const model = new AdModel(limits);
  expect(model.take(event)).toBeDefined();
  expect(model.take(event)).toBeUndefined();
  expect(model.fork().take(event)).toBeUndefined();
});
