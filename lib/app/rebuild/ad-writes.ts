import { adToRow } from '../../core/ads/ad-row.ts';
import type { AdState } from '../../core/ads/ad-state.ts';
import type { WriteAction } from '../../ports/state-store.ts';
import type { ProjectionHead } from '../ads/ad-head.ts';
import { putAd, removeAd } from '../ads/ad-item-actions.ts';

/** A transaction has 100 actions and 4 MB; this leaves room for the head, a record, keys and names. */
const adsPerWriteMax = 90;
const charactersPerWriteMax = 800_000;

/** The writes that make a projection hold these ads as the state has them, in groups for one transaction each. */
export function* adWrites(
  adIds: Iterable<string>,
  state: AdState,
  projection: Pick<ProjectionHead, 'id' | 'form'>,
  nowMs: number,
): Generator<readonly WriteAction[]> {
  let group: WriteAction[] = [];
  let characters = 0;
  for (const adId of adIds) {
    const ad = state.get(adId);
    const size = ad === undefined ? 0 : adToRow(ad).length;
    if (group.length === adsPerWriteMax || (group.length > 0 && characters + size > charactersPerWriteMax)) {
      yield group;
      group = [];
      characters = 0;
    }
    // The state does not know when a removed ad was created; its id says it well enough.
    group.push(ad === undefined ? removeAd(adId, 0, projection.id, nowMs) : putAd(ad, projection));
    characters += size;
  }
  if (group.length > 0) yield group;
}
