import type { QuarantinedRecord } from '../../ports/quarantine.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { retrying, type RetryLimits } from '../retry.ts';
import { claimAction, claimExpiresAt } from '../counters/counter-actions.ts';
import { readIncrement } from '../counters/increment-codec.ts';
import { seriesActions, seriesOf } from '../counters/series-actions.ts';
import type { Ports } from '../ports.ts';
import { counterKey } from '../state-keys.ts';
import { leaveQuarantine } from './skip-state.ts';

export type RedrivenIncrement =
  | { readonly status: 'counted'; readonly count: number }
  /** The same event had been counted through another record. */
  | { readonly status: 'counted-before' }
  | { readonly status: 'not-quarantined' }
  | { readonly status: 'refused'; readonly reason: string };

const retryLimits: RetryLimits = { retriesMax: 5, firstMs: 50, longestMs: 1000 };

/**
 * Counts a quarantined increment in one transaction: the skip item leaves `quarantined`, the event id is claimed
 * (keyed or not: a keyed event may have another copy in the log) and the value added, or nothing of it happens. The
 * mark is past the record already and is left alone. Rejects with a StateStoreError; asking again is safe.
 */
export async function redriveIncrement(
  deps: Pick<Ports, 'state' | 'clock' | 'ids' | 'settings'>,
  record: QuarantinedRecord,
): Promise<RedrivenIncrement> {
  // It may have been refused by older code, or given up unread.
  const event = readIncrement(record);
  if (event.type === 'poison') return { status: 'refused', reason: event.reason };
  return retrying(deps, retryLimits, {
    mayRetry: isStateStoreError,
    run: async (): Promise<RedrivenIncrement> => {
      const nowMs = deps.clock.nowMs();
      const result = await deps.state.transact([
        leaveQuarantine(record, 'counted'),
        claimAction(event.id, claimExpiresAt(deps.settings, nowMs)),
        {
          type: 'update',
          key: counterKey(event.key),
          add: { total: BigInt(event.value) },
          set: { updated_at: BigInt(nowMs) },
        },
        ...seriesActions(event.key, seriesOf(deps.settings, event.at, BigInt(event.value)), deps.settings),
      ]);
      if (result.status === 'written') return { status: 'counted', count: event.count };
      if (result.failed.some(({ index }) => index === 0)) return { status: 'not-quarantined' };
      const left = await deps.state.write(leaveQuarantine(record, 'counted'));
      return { status: left.status === 'written' ? 'counted-before' : 'not-quarantined' };
    },
  });
}
