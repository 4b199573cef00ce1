import { createHash } from 'node:crypto';
import { adToRow } from '../../core/ads/ad-row.ts';
import type { AdState } from '../../core/ads/ad-state.ts';
import { readItemsMax, type Attributes } from '../../ports/state-store.ts';
import { projectionsOf, type AdHead, type ProjectionHead } from '../ads/ad-head.ts';
import type { Ports } from '../ports.ts';
import {
  compareAd,
  compareSnapshot,
  MovingProjectionError,
  type ProjectionDifference,
  type ComparisonPorts,
} from '../rebuild/compare-projection.ts';
import { Replay } from '../rebuild/replay.ts';
import { adKey, type ProjectionId } from '../state-keys.ts';
import { readLayout } from './projection-record.ts';

/** Ads are compared in ranges of ids, by the last two digits, which are random. */
export const adRanges = 256;

/** A part of one projection that differs from the change log. */
export type SideDifference = Exclude<ProjectionDifference, { type: 'head' | 'ended' }> & {
  readonly projection: ProjectionId;
};

export interface SidesComparison {
  readonly head: AdHead;
  /** Live ads. */
  readonly ads: number;
  /** Ranges of which both projections have the digest that the change log leads to; the others were searched. */
  readonly equalRanges: number;
  readonly differences: readonly SideDifference[];
}

/** Commits come meanwhile, so ads that differ are read again until the head does not move between two reads. */
const roundsMax = 20;

/**
 * Compares both projections with each other and with a replay of the change log: first the digests of each range
 * of ads, then the ads of ranges whose digests differ. Writes nothing. Resolves to undefined if there is one
 * projection only. Rejects with a ChangeLogGapError, a StateStoreError or a MovingProjectionError.
 */
export async function compareSides(deps: ComparisonPorts): Promise<SidesComparison | undefined> {
  const { head: first } = await readLayout(deps);
  if (first.second === undefined) return undefined;
  const replay = new Replay(deps);
  const differences: SideDifference[] = [];
  const bySnapshot = [...projectionsOf(first)].sort((a, b) => a.snapshotVersion - b.snapshotVersion);
  for (const side of bySnapshot) {
    for (const found of await compareSnapshot(deps, side, replay)) {
      differences.push({ ...found, projection: side.id });
    }
  }
  let suspects: ReadonlySet<string> | undefined;
  for (let round = 0; round < roundsMax; round += 1) {
    const { head } = await readLayout(deps);
    const touched = await replay.follow(head.version);
    const adIds = suspects === undefined ? replay.everSeen : new Set([...suspects, ...touched]);
    const differing = await compareRanges(deps, replay.state, projectionsOf(head), adIds);
    const { head: after } = await readLayout(deps);
    if (after.layout !== first.layout) throw new MovingProjectionError();
    if (after.version === head.version) {
      const unequal = new Set(differing.map(({ adId }) => rangeOf(adId)));
      return {
        head: after,
        ads: replay.state.size,
        equalRanges: adRanges - unequal.size,
        differences: [...differing, ...differences],
      };
    }
    suspects = new Set(differing.map(({ adId }) => adId));
  }
  throw new MovingProjectionError();
}

function rangeOf(adId: string): string {
  return adId.slice(-2);
}

type AdDifference = Extract<SideDifference, { type: 'ad' }>;

async function compareRanges(
  deps: Pick<Ports, 'state'>,
  expected: AdState,
  sides: readonly ProjectionHead[],
  adIds: ReadonlySet<string>,
): Promise<readonly AdDifference[]> {
  const ranges = new Map<string, string[]>();
  for (const adId of adIds) {
    const range = ranges.get(rangeOf(adId));
    if (range === undefined) ranges.set(rangeOf(adId), [adId]);
    else range.push(adId);
  }
  const differing: AdDifference[] = [];
  for (const range of ranges.values()) {
    const wanted = digest(range.map((adId) => rowOf(expected, adId)));
    for (const side of sides) {
      const items = await readAds(deps, range, side.id);
      if (digest(items.map((item) => item?.ad)) === wanted) continue;
      range.forEach((adId, index) => {
        const what = compareAd(expected, side, adId, items[index]);
        if (what !== undefined) differing.push({ type: 'ad', projection: side.id, adId, what });
      });
    }
  }
  return differing;
}

function rowOf(state: AdState, adId: string): string | undefined {
  const ad = state.get(adId);
  return ad === undefined ? undefined : adToRow(ad);
}

/** Of the rows in their order; a row names its ad. Ads that are not live, or whose item holds none, are nothing. */
function digest(rows: readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const row of rows) if (typeof row === 'string') hash.update(`${row}\n`);
  return hash.digest('hex');
}

async function readAds(
  { state }: Pick<Ports, 'state'>,
  adIds: readonly string[],
  projection: ProjectionId,
): Promise<readonly (Attributes | undefined)[]> {
  const items: (Attributes | undefined)[] = [];
  for (let start = 0; start < adIds.length; start += readItemsMax) {
    const page = adIds.slice(start, start + readItemsMax);
    items.push(...(await state.getMany(page.map((adId) => adKey(adId, projection)))));
  }
  return items;
}
