import { parseHead } from '../../lib/app/ads/ad-head.ts';
import { writeSnapshot } from '../../lib/app/ads/snapshot-writer.ts';
import { changeKey, headKey } from '../../lib/app/state-keys.ts';
import { changeToJson } from '../../lib/core/ads/ad-change.ts';
import type { Ad } from '../../lib/core/ads/ad.ts';
import { AdState, evolve } from '../../lib/core/ads/ad-state.ts';
import type { BlobStore } from '../../lib/ports/blob-store.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { Attributes, StateStore } from '../../lib/ports/state-store.ts';
import { makeAds, makeUpdate } from '../bench/catalog-data.ts';
import { Prng } from '../support/prng.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';

/** What a stage has of its ads. */
export interface AdsAtRest {
  readonly ads: number;
  /** They, in the order of their versions 1, 2, ...; default: they are drawn. */
  readonly given?: readonly Ad[];
  /** Changes since the snapshot; 0 of ads that are given. */
  readonly changes: number;
  /** Characters of rows in a chunk; default: that of the product. */
  readonly chunkCharacters?: number;
}

const writtenTogether = 1000;

/** Writes them as the projector leaves them: the snapshot, the changes after it, and the head. */
export async function writeAds(
  {
    state,
    clock,
    blobs,
  }: {
    readonly state: StateStore;
    readonly clock: Pick<Clock, 'nowMs'>;
    /** The snapshot is written there; default: to the state store. */
    readonly blobs?: BlobStore | undefined;
  },
  { ads, given, changes, chunkCharacters: charactersMax }: AdsAtRest,
): Promise<void> {
  const adState = new AdState();
  (given ?? makeAds(new Prng(1), ads)).forEach((ad, i) => {
    evolve(adState, { type: 'put', version: i + 1, ad });
  });
  const attributes: Attributes = {
    ...{ version: BigInt(ads), snapshot_version: 0n, live_ads: BigInt(ads), live_bytes: 0n },
  };
  await state.write({ type: 'put', key: headKey, attributes });
  const deps = { state, clock: clock as Clock, telemetry: nullTelemetry };
  if ((await writeSnapshot(deps, adState, parseHead(attributes), { charactersMax, blobs })) === undefined)
    throw new Error('no snapshot was written');
  await writeChanges(state, { ads, changes, after: ads });
}

/** Writes edits of some of the ads, after this version. */
export async function writeChanges(
  state: StateStore,
  { ads, changes, after }: { readonly ads: number; readonly changes: number; readonly after: number },
): Promise<void> {
  const prng = new Prng(after);
  for (let done = 0; done < changes; done += writtenTogether) {
    const group = Array.from({ length: Math.min(writtenTogether, changes - done) }, (_, i) => {
      const version = after + done + i + 1;
      const change = changeToJson(makeUpdate(prng, ads, version));
      return { type: 'put', key: changeKey(version), attributes: { change } } as const;
    });
    await state.writeEach(group);
  }
  await state.write({ type: 'update', key: headKey, set: { version: BigInt(after + changes) } });
}
