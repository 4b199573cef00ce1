import { changeCounts, type ChangeCounts } from '../../core/ads/removals.ts';
import { errorFields } from '../../ports/error-fields.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import type { Ports } from '../ports.ts';
import { headKey } from '../state-keys.ts';
import { parseHead } from './ad-head.ts';

/** All changes of ads up to a version: the log's events that took effect, each counted once. */
export interface AdChanges extends ChangeCounts {
  readonly version: number;
}

/**
 * Reads them from the head, which counts them in the transaction that makes them. undefined: the store does not
 * answer, or a release that did not count them has moved the head. Never rejects because of the store.
 */
export async function readAdChanges({
  state,
  telemetry,
}: Pick<Ports, 'state' | 'telemetry'>): Promise<AdChanges | undefined> {
  try {
    const { version, liveAds, removals } = parseHead(await state.get(headKey));
    return removals && { version, ...changeCounts(version, liveAds, removals) };
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    telemetry.warn('could not read the changes of ads', errorFields(error));
    return undefined;
  }
}
