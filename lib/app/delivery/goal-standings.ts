import type { CatalogRow } from '../../core/ads/catalog/catalog-row.ts';
import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import { readCountedRights } from '../../core/delivery/goals/counted-rights.ts';
import { readLedger } from '../../core/delivery/goals/ledger.ts';
import { standingAt, type GoalStanding } from '../../core/delivery/goals/standing.ts';
import { readItemsMax } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { counterKey, ledgerKey } from '../state-keys.ts';
import { createGoalReader } from './goal-reader.ts';
import type { Rights } from './rights.ts';

/** The most ads whose goals one explanation looks at: two items each, in two reads at once. */
export const standingsMax = 100;
const adsPerRead = readItemsMax / 2;

/**
 * Reads how these ads with goals stand now, of which the container may have rights in hand; those after the first
 * `standingsMax` have no result. Reads are strong, of each item at an instant of its own, and nothing is written.
 * Rejects with a StateStoreError.
 */
export type ReadStandings = (
  rows: readonly CatalogRow[],
  nowMs: number,
) => Promise<(row: CatalogRow) => GoalStanding | undefined>;

export function createStandingsReader(
  { state, settings }: Pick<Ports, 'state' | 'settings'>,
  rights: Pick<Rights, 'hasRight'>,
): ReadStandings {
  const { impressionMinutes } = settings.delivery;
  const goalOf = createGoalReader();
  return async (rows, nowMs) => {
    const standings = new Map<CatalogRow, GoalStanding>();
    const readPage = async (page: readonly CatalogRow[]): Promise<void> => {
      const keys = page.flatMap(({ id }) => [counterKey(deliveryKey(id, 'impression')), ledgerKey(id)]);
      const items = await state.getMany(keys);
      page.forEach((row, index) => {
        const ad = goalOf(row.ad);
        if (ad?.goal === undefined) return;
        const { goal } = ad;
        const counter = readCountedRights(items[2 * index]);
        const ledger = readLedger(items[2 * index + 1]);
        const context = { atMs: nowMs, impressionMinutes, hasRight: rights.hasRight(row, nowMs) };
        standings.set(row, standingAt({ ...ad, goal }, { counter, ledger }, context));
      });
    };
    const pages: Promise<void>[] = [];
    for (let start = 0; start < Math.min(rows.length, standingsMax); start += adsPerRead)
      pages.push(readPage(rows.slice(start, Math.min(start + adsPerRead, standingsMax))));
    await Promise.all(pages);
    return (row) => standings.get(row);
  };
}
