import { assert } from '../../core/assert.ts';
import type { Condition, WriteAction } from '../../ports/state-store.ts';
import { removalAttributes, sameLayout, type AdHead } from '../ads/ad-head.ts';
import { writeSnapshot } from '../ads/snapshot-writer.ts';
import { headKey, manifestKey } from '../state-keys.ts';
import { adWrites, endedWrites } from './ad-writes.ts';
import { compareProjection, type Comparison, type RebuildPorts } from './compare-projection.ts';

/** The most starts: each time the projector moves the head, it starts again. */
const startsMax = 20;

/**
 * Compares, and replaces each item that differs with the one of the replay. Counts the removals of a head
 * that has none. Each write is conditional on the head; if a change is projected meanwhile, it starts again.
 * Sets no schedules. Resolves to the comparison that found no difference, or to undefined if the projector
 * was always faster. Rejects as `compareProjection` does.
 */
export async function switchProjection(deps: RebuildPorts): Promise<Comparison | undefined> {
  for (let starts = 0; starts < startsMax; starts += 1) {
    const comparison = await compareProjection(deps);
    const isCounted = comparison.head.removals !== undefined;
    if (comparison.differences.length === 0 && isCounted) return comparison;
    if (await writeAds(deps, comparison)) await writeNewSnapshot(deps, comparison);
  }
  return undefined;
}

/** false: the head has moved, and the rest was not written. */
async function writeAds(
  { state, clock, settings }: RebuildPorts,
  { head, replay, ended, differences }: Comparison,
): Promise<boolean> {
  const adIds = differences.flatMap((difference) => (difference.type === 'ad' ? [difference.adId] : []));
  const corrected: WriteAction = {
    type: 'update',
    key: headKey,
    set: {
      live_ads: BigInt(replay.state.size),
      live_bytes: BigInt(replay.state.liveBytes),
      ...removalAttributes(replay.removals, head.version),
    },
    condition: standsAt(head),
  };
  const groups = [
    ...adWrites(adIds, replay.state, head.active, clock.nowMs()),
    ...endedWrites(ended, settings.ads.endedDays),
  ];
  // The head is corrected even if no ad differs.
  for (const actions of groups.length === 0 ? [[]] : groups) {
    const result = await state.transact([corrected, ...actions]);
    if (result.status !== 'written') return false;
  }
  return true;
}

function standsAt(head: AdHead): Condition {
  assert(head.exists, 'where something differs there is a head');
  return {
    op: 'all',
    of: [{ op: '=', attribute: 'version', value: BigInt(head.version) }, sameLayout(head)],
  };
}

/** Writes a snapshot of the head's version, which all readers then load. */
async function writeNewSnapshot(
  deps: RebuildPorts,
  { head, replay, differences }: Comparison,
): Promise<void> {
  if (!differences.some(({ type }) => type === 'snapshot')) return;
  // If the wrong snapshot has this version, it is first withdrawn; readers then use the one before it.
  await deps.state.write({
    type: 'update',
    key: manifestKey(head.version, head.active.id),
    set: { state: 'writing' },
    condition: { op: 'item-present' },
  });
  await writeSnapshot(deps, replay.state, head);
}
