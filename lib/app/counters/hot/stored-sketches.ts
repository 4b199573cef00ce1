import { decodeSketch, encodeSketch } from '../../../core/counters/hot/sketch-codec.ts';
import type { ClosedSketch } from '../../../core/counters/hot/space-saving.ts';
import { queryItemsMax, type Attributes } from '../../../ports/state-store.ts';
import { snapshotTools } from '../../ads/snapshot-compression.ts';
import type { Ports } from '../../ports.ts';
import { topAllKey, topPartKey } from '../../state-keys.ts';

/** Keys that one sketch watches: about 20 KB once packed. */
export const sketchCapacity = 1000;

export const minuteMs = 60_000;

/** Minutes that `top#all` may be behind; what is older is in nobody's list. */
export const minutesBehindMax = 60;

/** What all closed minutes up to `through` were merged to. */
export interface AllSketch {
  readonly sketch: ClosedSketch;
  /** Minutes since 1970; -1: none yet. */
  readonly through: number;
  readonly version: bigint;
}

export function toStored(sketch: ClosedSketch): Uint8Array {
  return snapshotTools.compress(new TextEncoder().encode(encodeSketch(sketch)));
}

/** The sketches that containers kept of one minute. */
export async function readParts(
  { state }: Pick<Ports, 'state'>,
  minute: number,
): Promise<readonly ClosedSketch[]> {
  const { table, pk } = topPartKey(minute, '');
  const { items } = await state.query({ table, pk, limit: queryItemsMax });
  return items.map(({ attributes }) => fromStored(attributes));
}

export async function readAll({ state }: Pick<Ports, 'state'>): Promise<AllSketch> {
  const item = await state.get(topAllKey);
  const { through, version } = item ?? {};
  if (item === undefined || typeof through !== 'bigint' || typeof version !== 'bigint') {
    return { sketch: { keys: [], unwatchedMax: 0n }, through: -1, version: 0n };
  }
  return { sketch: fromStored(item), through: Number(through), version };
}

function fromStored({ sketch }: Attributes): ClosedSketch {
  const bytes = sketch instanceof Uint8Array ? snapshotTools.decompress(sketch) : undefined;
  // It is a list of favourites, not a sum: one that cannot be read is left out.
  if (bytes === undefined) return { keys: [], unwatchedMax: 0n };
  return decodeSketch(new TextDecoder().decode(bytes));
}
