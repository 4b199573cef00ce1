import { adToRow } from '../../core/ads/ad-row.ts';
import type { AdState } from '../../core/ads/ad-state.ts';
import type { WriteAction } from '../../ports/state-store.ts';
import type { EndedAd } from '../../core/ads/ended-ad.ts';
import type { ProjectionHead } from '../ads/ad-head.ts';
import { putAd, removeAd } from '../ads/ad-item-actions.ts';
import { keepEnded } from '../ads/ended-items.ts';

/** A transaction has 100 actions and 4 MB; this leaves room for the head, a record, keys and names. */
const actionsPerWriteMax = 90;
const charactersPerWriteMax = 800_000;

/** What is written together. */
interface Writes {
  readonly actions: readonly WriteAction[];
  readonly characters: number;
}

/** The writes that make a projection hold these ads as the state has them, in groups for one transaction each. */
export function* adWrites(
  adIds: Iterable<string>,
  state: AdState,
  projection: Pick<ProjectionHead, 'id' | 'form'>,
  nowMs: number,
): Generator<readonly WriteAction[]> {
  const writes = function* (): Generator<Writes> {
    for (const adId of adIds) {
      const ad = state.get(adId);
      // The state does not know when a removed ad was created; its id says it well enough.
      const action = ad === undefined ? removeAd(adId, 0, projection.id, nowMs) : putAd(ad, projection);
      yield { actions: [action], characters: ad === undefined ? 0 : adToRow(ad).length };
    }
  };
  yield* grouped(writes());
}

/** The writes that keep these ads that have ended, likewise in groups. */
export function* endedWrites(
  ended: readonly EndedAd[],
  endedDays: number,
): Generator<readonly WriteAction[]> {
  yield* grouped(
    ended.map((one) => ({ actions: keepEnded(one, endedDays), characters: adToRow(one.ad).length })),
  );
}

function* grouped(writes: Iterable<Writes>): Generator<readonly WriteAction[]> {
  let group: WriteAction[] = [];
  let size = 0;
  for (const { actions, characters } of writes) {
    const isFull = group.length + actions.length > actionsPerWriteMax;
    if (isFull || (group.length > 0 && size + characters > charactersPerWriteMax)) {
      yield group;
      group = [];
      size = 0;
    }
    group.push(...actions);
    size += characters;
  }
  if (group.length > 0) yield group;
}
