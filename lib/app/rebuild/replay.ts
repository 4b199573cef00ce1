import { canonicalHeader, adsById } from '../../core/ads/snapshot/canonical-state.ts';
import { adToRow } from '../../core/ads/ad-row.ts';
import { addRemovals, noRemovals } from '../../core/ads/removals.ts';
import { AdState, evolve } from '../../core/ads/ad-state.ts';
import { endedBy, type EndedAd } from '../../core/ads/ended-ad.ts';
import { snapshotTools } from '../ads/snapshot-tools.ts';
import { readChanges } from '../ads/change-log.ts';
import type { Ports } from '../ports.ts';

/** Rebuilds the projection in memory from the first change on, without snapshots. */
export class Replay {
  readonly state = new AdState();
  /** The id of every ad that ever existed. */
  readonly everSeen = new Set<string>();
  removals = noRemovals;
  readonly #deps: Pick<Ports, 'state'>;
  readonly #onEnded: (ended: readonly EndedAd[]) => Promise<void>;

  /** `onEnded`: gets the ads that changes ended, while they are replayed; default: nobody does. */
  constructor(
    deps: Pick<Ports, 'state'>,
    onEnded: (ended: readonly EndedAd[]) => Promise<void> = () => Promise.resolve(),
  ) {
    this.#deps = deps;
    this.#onEnded = onEnded;
  }

  /**
   * Replays up to `version` and returns the ads that changed. Rejects with a ChangeLogGapError or a
   * StateStoreError.
   */
  async follow(version: number): Promise<ReadonlySet<string>> {
    const touched = new Set<string>();
    for await (const changes of readChanges(this.#deps, this.state.version, version)) {
      this.removals = addRemovals(this.removals, changes);
      const ended: EndedAd[] = [];
      for (const change of changes) {
        ended.push(...endedBy([change], this.state));
        evolve(this.state, change);
        touched.add(change.type === 'put' ? change.ad.id : change.adId);
      }
      if (ended.length > 0) await this.#onEnded(ended);
    }
    for (const id of touched) this.everSeen.add(id);
    return touched;
  }

  /** The checksum that the manifest of a snapshot of this state would have. */
  checksum(): string {
    const checksum = snapshotTools.createChecksum();
    const encoder = new TextEncoder();
    checksum.update(encoder.encode(canonicalHeader(this.state.version, this.state.size)));
    for (const ad of adsById(this.state)) checksum.update(encoder.encode(`${adToRow(ad)}\n`));
    return checksum.digest();
  }
}
