import type { AdState } from '../../core/ads/ad-state.ts';
import type { EndedAd } from '../../core/ads/ended-ad.ts';
import { manifestFromJson } from '../../core/ads/snapshot/snapshot-manifest.ts';
import { readItemsMax, type Attributes } from '../../ports/state-store.ts';
import { parseHead, projectionsOf, type AdHead, type ProjectionHead } from '../ads/ad-head.ts';
import { adAttributes } from '../ads/ad-items.ts';
import { SnapshotAds } from '../../core/ads/snapshot/snapshot-ads.ts';
import { loadSnapshot } from '../ads/snapshot-reader.ts';
import type { Ports } from '../ports.ts';
import { adKey, headKey, manifestKey } from '../state-keys.ts';
import { compareEnded } from './compare-ended.ts';
import { Replay } from './replay.ts';

/** What a comparison of projections reads. */
export type ComparisonPorts = Pick<Ports, 'state' | 'blobs' | 'clock' | 'telemetry'>;
export type RebuildPorts = ComparisonPorts & Pick<Ports, 'settings'>;

/** A part of the projection that differs from the change log. */
export type ProjectionDifference =
  | { readonly type: 'ad'; readonly adId: string; readonly what: 'missing' | 'differs' | 'should be gone' }
  /** Of an ad that has ended and that the stage keeps. */
  | { readonly type: 'ended'; readonly adId: string; readonly what: 'missing' | 'differs' }
  | {
      readonly type: 'head';
      readonly attribute: 'live_ads' | 'live_bytes' | 'deleted' | 'expired';
      readonly expected: number;
      readonly found: number;
    }
  | { readonly type: 'snapshot'; readonly version: number; readonly what: 'differs' | 'unreadable' };

export interface Comparison {
  readonly head: AdHead;
  /** The replay of the changes up to `head`. */
  readonly replay: Replay;
  /** The ads that have ended and are not kept as they were. */
  readonly ended: readonly EndedAd[];
  readonly differences: readonly ProjectionDifference[];
}

/**
 * The projector runs meanwhile, so differences are read again until the head does not move between two reads.
 */
const roundsMax = 20;

/** Some of the projection differed, and it moved at every read. */
export class MovingProjectionError extends Error {
  override readonly name = 'MovingProjectionError';

  constructor() {
    super('the projection changes too fast to be compared: try again when fewer ads change');
  }
}

/**
 * Replays the whole change log and compares each item of the projection with the result. Writes nothing, and
 * may run beside the projector. Rejects with a ChangeLogGapError, a StateStoreError or a
 * MovingProjectionError.
 */
export async function compareProjection(deps: RebuildPorts): Promise<Comparison> {
  const unkept: { readonly one: EndedAd; readonly what: 'missing' | 'differs' }[] = [];
  const replay = new Replay(deps, async (ended) => {
    unkept.push(...(await compareEnded(deps, ended)));
  });
  let head = await readHead(deps);
  const snapshot = await compareSnapshot(deps, head.active, replay);
  let suspects: ReadonlySet<string> | undefined;
  for (let round = 0; round < roundsMax; round += 1) {
    head = await readHead(deps);
    const touched = await replay.follow(head.version);
    const ids = suspects === undefined ? replay.everSeen : new Set([...suspects, ...touched]);
    const differing = await compareAds(deps, replay.state, head.active, [...ids]);
    const after = await readHead(deps);
    if (after.layout !== head.layout) throw new MovingProjectionError();
    if (after.version === head.version) {
      const gone = unkept.map(({ one, what }) => ({ type: 'ended', adId: one.ad.id, what }) as const);
      return {
        head: after,
        replay,
        ended: unkept.map(({ one }) => one),
        differences: [...compareHead(after, replay), ...differing, ...gone, ...snapshot],
      };
    }
    suspects = new Set(differing.map(({ adId }) => adId));
  }
  throw new MovingProjectionError();
}

async function readHead({ state }: ComparisonPorts): Promise<AdHead> {
  return parseHead(await state.get(headKey));
}

/** Removals that no release has counted up to this head do not differ. */
function* compareHead(
  { liveAds, liveBytes, removals }: AdHead,
  { state, removals: counted }: Replay,
): Generator<ProjectionDifference> {
  const { deleted, expired } = removals ?? counted;
  for (const [attribute, expected, found] of [
    ['live_ads', state.size, liveAds],
    ['live_bytes', state.liveBytes, liveBytes],
    ['deleted', counted.deleted, deleted],
    ['expired', counted.expired, expired],
  ] as const)
    if (expected !== found) yield { type: 'head', attribute, expected, found };
}

async function compareAds(
  { state }: ComparisonPorts,
  expected: AdState,
  projection: ProjectionHead,
  adIds: readonly string[],
): Promise<readonly Extract<ProjectionDifference, { type: 'ad' }>[]> {
  const differing: Extract<ProjectionDifference, { type: 'ad' }>[] = [];
  for (let start = 0; start < adIds.length; start += readItemsMax) {
    const page = adIds.slice(start, start + readItemsMax);
    const items = await state.getMany(page.map((adId) => adKey(adId, projection.id)));
    page.forEach((adId, index) => {
      const what = compareAd(expected, projection, adId, items[index]);
      if (what !== undefined) differing.push({ type: 'ad', adId, what });
    });
  }
  return differing;
}

/** A removed ad may have left a tombstone, which holds no ad. */
export function compareAd(
  expected: AdState,
  { form }: Pick<ProjectionHead, 'form'>,
  adId: string,
  item: Attributes | undefined,
): 'missing' | 'differs' | 'should be gone' | undefined {
  const ad = expected.get(adId);
  if (ad === undefined) return item?.ad === undefined ? undefined : 'should be gone';
  if (item?.ad === undefined) return 'missing';
  const wanted = adAttributes(ad, form);
  const isSame = ['ad', 'version', 'end_at'].every((name) => item[name] === wanted[name]);
  return isSame ? undefined : 'differs';
}

/** Brings the replay to the snapshot's version. A snapshot that has been superseded meanwhile is ignored. */
export async function compareSnapshot(
  deps: ComparisonPorts,
  projection: ProjectionHead,
  replay: Replay,
): Promise<readonly Extract<ProjectionDifference, { type: 'snapshot' }>[]> {
  const { id, snapshotVersion: version } = projection;
  if (version === 0) return [];
  await replay.follow(version);
  const { manifest: text } = (await deps.state.get(manifestKey(version, id))) ?? {};
  const manifest = typeof text === 'string' ? manifestFromJson(text) : undefined;
  const loaded = await loadSnapshot(deps, projection, () => new SnapshotAds());
  const readable = manifest !== undefined && loaded?.version === version;
  if (readable && manifest.checksum === replay.checksum()) return [];
  const now = projectionsOf(await readHead(deps)).find((other) => other.id === id);
  if (now?.snapshotVersion !== version) return [];
  return [{ type: 'snapshot', version, what: readable ? 'differs' : 'unreadable' }];
}
