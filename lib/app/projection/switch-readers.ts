import type { WriteAction } from '../../ports/state-store.ts';
import { sameLayout, type AdHead } from '../ads/ad-head.ts';
import { headKey, type ProjectionId } from '../state-keys.ts';
import { compareSides, type SideDifference } from './compare-sides.ts';
import { lacksSnapshot, otherProjection, readLayout, type ProjectionPorts } from './projection-record.ts';

export type SwitchResult =
  | { readonly status: 'switched'; readonly head: AdHead }
  /** Readers use it already. */
  | { readonly status: 'unchanged'; readonly head: AdHead }
  /** It is being built: how many versions it is behind. */
  | { readonly status: 'behind'; readonly versions: number }
  /** There is none beside the active one, or it is being dropped. */
  | { readonly status: 'absent' }
  /** A cold reader would have to replay every change. */
  | { readonly status: 'no-snapshot' }
  /** It does not hold what the change log leads to. */
  | { readonly status: 'differs'; readonly differences: readonly SideDifference[] }
  /** Another operator changed the projections meanwhile. */
  | { readonly status: 'conflict' };

/**
 * Switches readers to a projection that every commit writes, after a comparison that finds it right. Both
 * projections are written by the same commits before and after, so no read and no write waits. Rejects as
 * `compareSides` does.
 */
export async function switchReaders(deps: ProjectionPorts, to: ProjectionId): Promise<SwitchResult> {
  const { head, record } = await readLayout(deps);
  if (head.active.id === to) return { status: 'unchanged', head };
  if (head.second === undefined) {
    return record?.state === 'building'
      ? { status: 'behind', versions: head.version - record.throughVersion }
      : { status: 'absent' };
  }
  if (lacksSnapshot(head.second)) return { status: 'no-snapshot' };
  const compared = await compareSides(deps);
  if (compared?.head.layout !== head.layout) return { status: 'conflict' };
  const differences = compared.differences.filter(({ projection }) => projection === to);
  if (differences.length > 0) return { status: 'differs', differences };
  const move: WriteAction = {
    type: 'update',
    key: headKey,
    set: {
      layout: BigInt(head.layout + 1),
      projection: BigInt(to),
      second: BigInt(otherProjection(to)),
      switched_at: BigInt(deps.clock.nowMs()),
    },
    condition: sameLayout(head),
  };
  await deps.state.write(move);
  const { head: after } = await readLayout(deps);
  // A lost answer whose repetition failed has switched them all the same.
  return after.active.id === to ? { status: 'switched', head: after } : { status: 'conflict' };
}
