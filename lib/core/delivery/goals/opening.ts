import type { CountedRights } from './counted-rights.ts';
import { hasRights } from './fence.ts';
import type { Ledger } from './ledger.ts';
import type { RightsOpened } from './open-rights.ts';

/** What a container needs to know before it decides for an ad whose generation is not 0. */
export type Opening =
  /** Decisions of this generation count. */
  | { readonly status: 'open'; readonly generation: number }
  /** This order has to be in the log first. */
  | { readonly status: 'closed'; readonly order: RightsOpened }
  /** Somebody knows a newer version of the ad, with another generation: refresh the catalog. */
  | { readonly status: 'outdated' };

/**
 * Whether the log has opened the generation of an ad; `counter` was read before `ledger`, both strongly. A generation
 * that follows a restore is above the ad's, and counts for it if it is of the same kind. A ledger that is gone, or put
 * back, is followed by a new one: nobody knows which rights the old one had out.
 */
export function openingOf(
  { generation, version }: { readonly generation: number; readonly version: number },
  counter: Pick<CountedRights, 'generation'>,
  ledger: Pick<Ledger, 'generation' | 'plan'> | undefined,
): Opening {
  const ofLedger = ledger?.generation ?? 0;
  if (ledger !== undefined && ofLedger > generation && ledger.plan > version) return { status: 'outdated' };
  const newest = Math.max(counter.generation, ofLedger);
  const open = (next: number): Opening => ({
    status: 'closed',
    order: { generation: next, plan: version },
  });
  if (newest < generation) return open(generation);
  if (hasRights(newest) !== hasRights(generation)) return open(newest + 1);
  const isLost = hasRights(generation) && ofLedger < counter.generation;
  return isLost ? open(newest + 2) : { status: 'open', generation: newest };
}
