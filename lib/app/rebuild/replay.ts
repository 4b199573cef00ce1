import { canonicalHeader, adsById } from '../../core/ads/snapshot/canonical-state.ts';
import { adToRow } from '../../core/ads/ad-row.ts';
import { AdState, evolve } from '../../core/ads/ad-state.ts';
import { snapshotTools } from '../ads/snapshot-tools.ts';
import { readChanges } from '../ads/change-log.ts';
import type { Ports } from '../ports.ts';

/** The projection made anew, in memory, from the first change on: no snapshot is believed. */
export class Replay {
  readonly state = new AdState();
  /** Every ad there ever was. */
  readonly everSeen = new Set<string>();
  readonly #deps: Pick<Ports, 'state'>;

  constructor(deps: Pick<Ports, 'state'>) {
    this.#deps = deps;
  }

  /** Returns the ads that were touched. Rejects with a ChangeLogGapError, or a StateStoreError. */
  async follow(version: number): Promise<ReadonlySet<string>> {
    const touched = new Set<string>();
    for await (const changes of readChanges(this.#deps, this.state.version, version)) {
      for (const change of changes) {
        evolve(this.state, change);
        touched.add(change.type === 'put' ? change.ad.id : change.adId);
      }
    }
    for (const id of touched) this.everSeen.add(id);
    return touched;
  }

  /** As the manifest of a snapshot of this state has it. */
  checksum(): string {
    const checksum = snapshotTools.createChecksum();
    const encoder = new TextEncoder();
    checksum.update(encoder.encode(canonicalHeader(this.state.version, this.state.size)));
    for (const ad of adsById(this.state)) checksum.update(encoder.encode(`${adToRow(ad)}\n`));
    return checksum.digest();
  }
}
