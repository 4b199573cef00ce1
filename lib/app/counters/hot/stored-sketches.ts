import { decodeSketch, encodeSketch } from '../../../core/counters/hot/sketch-codec.ts';
import type { ClosedSketch } from '../../../core/counters/hot/space-saving.ts';
import type { Attributes } from '../../../ports/state-store.ts';
import { compress, decompress } from '../../compression.ts';
import type { Ports } from '../../ports.ts';
import { readRange } from '../../read-range.ts';
import { topAllKey, topMinuteSortKey, topPartKey } from '../../state-keys.ts';

/** Keys that one sketch watches: about 20 KB compressed. */
export const sketchCapacity = 1000;

export const minuteMs = 60_000;

/** Minutes that `top#all` may lag; older sketches are in no list. */
export const minutesBehindMax = 60;

/** The merged sketch of all closed minutes up to `through`. */
export interface AllSketch {
  readonly sketch: ClosedSketch;
  /** Minutes since 1970; -1: none yet. */
  readonly through: number;
  readonly version: bigint;
}

export function toStored(sketch: ClosedSketch): Uint8Array {
  return compress(new TextEncoder().encode(encodeSketch(sketch)));
}

/** One container's sketch of one minute. */
export interface MinutePart {
  readonly minute: number;
  readonly sketch: ClosedSketch;
}

/** The sketches of all containers for the minutes `first`..`last`. */
export async function readParts(
  { state }: Pick<Ports, 'state'>,
  first: number,
  last: number,
): Promise<readonly MinutePart[]> {
  const { table, pk } = topPartKey(first, '');
  const range = { table, pk, after: topMinuteSortKey(first), through: topMinuteSortKey(last + 1) };
  const parts: MinutePart[] = [];
  for await (const { sk, attributes } of readRange(state, range)) {
    parts.push({ minute: Number.parseInt(sk, 10), sketch: fromStored(attributes) });
  }
  return parts;
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
  const bytes = sketch instanceof Uint8Array ? decompress(sketch) : undefined;
  // The lists are approximations, so a sketch that cannot be read is skipped.
  if (bytes === undefined) return { keys: [], unwatchedMax: 0n };
  return decodeSketch(new TextDecoder().decode(bytes));
}
