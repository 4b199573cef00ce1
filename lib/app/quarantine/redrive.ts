import { assertNever } from '../../core/assert.ts';
import { isRightsRecord, type RightsRecord } from '../../core/delivery/goals/rights-record.ts';
import type { Tracked } from '../../core/delivery/tracked-event.ts';
import { adEventsPartitionKey } from '../../core/streams.ts';
import { UnreadableRecordError, type QuarantinedRecord, type QuarantineId } from '../../ports/quarantine.ts';
import { isStateStoreError } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import { decodeAdEvent } from '../ads/ad-event-codec.ts';
import { countClaimed } from '../counters/counter-actions.ts';
import { isControlEvent } from '../control/control-event.ts';
import { readRecord } from '../counters/read-record.ts';
import { settleRights } from '../delivery/settle-rights.ts';
import { settleTracked } from '../delivery/settle-tracked.ts';
import type { Ports } from '../ports.ts';
import { retrying, type RetryLimits } from '../retry.ts';
import { forgetBytes, leaveQuarantine, readSkipState } from './skip-state.ts';

export type RedriveResult =
  | Exclude<RedrivenIncrement, { status: 'not-quarantined' }>
  /** An ad event is in the log again and will be decided at its new position. */
  | { readonly status: 'redriven' }
  | NotQuarantined
  /** The skip item exists, but the bytes are gone. */
  | { readonly status: 'bytes-missing' }
  | { readonly status: 'log-unavailable' };

export type DropResult = { readonly status: 'dropped' } | NotQuarantined;

/**
 * There is nothing to do. `state`: how the record ended; undefined: it was not given up, or not completely,
 * and its consumer still has it.
 */
interface NotQuarantined {
  readonly status: 'not-quarantined';
  readonly state: string | undefined;
}

export interface Redrive {
  /**
   * Processes a quarantined record. It takes effect once, however often this is called. Rejects with a
   * PortError: call again.
   */
  redrive(id: QuarantineId): Promise<RedriveResult>;
  /** Drops a quarantined record for good and records that. Rejects with a PortError: call again. */
  drop(id: QuarantineId): Promise<DropResult>;
}

type RedrivePorts = Pick<
  Ports,
  'adEvents' | 'state' | 'quarantine' | 'clock' | 'ids' | 'telemetry' | 'settings'
>;

export function createRedrive(deps: RedrivePorts): Redrive {
  return {
    redrive: async (id) => {
      const state = await readSkipState(deps, id);
      if (state !== 'quarantined') return nothingToDo(deps, id, state);
      const record = await readOrNot(deps, id);
      if (record === undefined) return { status: 'bytes-missing' };
      if (record === 'unreadable')
        return { status: 'refused', reason: 'its copy in the quarantine cannot be read' };
      const result = await redriveRecord(deps, record);
      if (result.status === 'not-quarantined') return nothingToDo(deps, id, await readSkipState(deps, id));
      if (result.status === 'counted' || result.status === 'redriven') {
        deps.telemetry.count(metrics.recordsRedriven);
      }
      if (result.status !== 'refused' && result.status !== 'log-unavailable') await forgetBytes(deps, id);
      return result;
    },
    drop: async (id) => {
      const result = await deps.state.write(leaveQuarantine(id, 'dropped'));
      if (result.status === 'condition-failed') return nothingToDo(deps, id, await readSkipState(deps, id));
      await forgetBytes(deps, id);
      return { status: 'dropped' };
    },
  };
}

async function readOrNot(
  { quarantine }: Pick<Ports, 'quarantine'>,
  id: QuarantineId,
): Promise<QuarantinedRecord | 'unreadable' | undefined> {
  try {
    return await quarantine.get(id);
  } catch (error) {
    if (error instanceof UnreadableRecordError) return 'unreadable';
    throw error;
  }
}

type RecordResult = RedrivenIncrement | { readonly status: 'redriven' | 'log-unavailable' };

async function redriveRecord(deps: RedrivePorts, record: QuarantinedRecord): Promise<RecordResult> {
  switch (record.stream) {
    case 'increments':
      return redriveIncrement(deps, record);
    case 'ad-events':
      return appendAgain(deps, record);
    default:
      return assertNever(record.stream);
  }
}

type RedrivenIncrement =
  /** `count`: increments. A tracked event is 1 if it is counted, 0 if it is late or invalid; an order is 0. */
  | { readonly status: 'counted'; readonly count: number }
  /** Another record of the same event had been counted. */
  | { readonly status: 'counted-before' }
  | { readonly status: 'not-quarantined' }
  | { readonly status: 'refused'; readonly reason: string };

const retryLimits: RetryLimits = { retriesMax: 5, firstMs: 50, longestMs: 1000 };

/**
 * Counts a quarantined increment in one transaction: the skip item leaves `quarantined`, the event id is
 * claimed and the value added, or nothing happens. A tracked event leaves with the number that it is in. The mark has passed the record already and does not
 * change. Rejects with a StateStoreError; calling again is safe.
 */
async function redriveIncrement(deps: RedrivePorts, record: QuarantinedRecord): Promise<RedrivenIncrement> {
  // Older code may have refused it, or it was given up unread.
  const event = readRecord(record);
  if (event.type === 'poison') return { status: 'refused', reason: event.reason };
  if (event.type === 'Tracked') return redriveTracked(deps, record, event);
  if (isRightsRecord(event)) return redriveRights(deps, record, event);
  return retrying(deps, retryLimits, {
    mayRetry: isStateStoreError,
    run: async (): Promise<RedrivenIncrement> => {
      const result = await deps.state.transact([
        leaveQuarantine(record, 'counted'),
        ...countClaimed(event, deps.settings, deps.clock.nowMs()),
      ]);
      if (result.status === 'written') return { status: 'counted', count: event.count };
      if (result.failed.some(({ index }) => index === 0)) return { status: 'not-quarantined' };
      const left = await deps.state.write(leaveQuarantine(record, 'counted'));
      return { status: left.status === 'written' ? 'counted-before' : 'not-quarantined' };
    },
  });
}

async function redriveTracked(
  deps: RedrivePorts,
  record: QuarantinedRecord,
  event: Tracked,
): Promise<RedrivenIncrement> {
  return retrying(deps, retryLimits, {
    mayRetry: isStateStoreError,
    run: async (): Promise<RedrivenIncrement> => {
      const result = await settleTracked(deps, event, (number) => leaveQuarantine(record, 'counted', number));
      if (result.status === 'ended-before') return { status: 'not-quarantined' };
      if (result.number === 'duplicate') return { status: 'counted-before' };
      return { status: 'counted', count: result.number === 'total' ? 1 : 0 };
    },
  });
}

/** Obeys an order now, behind impressions that came after it: they were counted as if it had not been there. */
async function redriveRights(
  deps: RedrivePorts,
  record: QuarantinedRecord,
  order: RightsRecord,
): Promise<RedrivenIncrement> {
  const { arrivedAtMs } = record;
  const end = leaveQuarantine(record, 'counted');
  const result = await retrying(deps, retryLimits, {
    mayRetry: isStateStoreError,
    run: () => settleRights(deps, { order, arrivedAtMs, end }),
  });
  return result === 'settled' ? { status: 'counted', count: 0 } : { status: 'not-quarantined' };
}

/**
 * Appends an ad event's bytes again: ads follow the order of the log, so it cannot take effect at its old
 * position. The projector ignores a second copy by its event id. So appending comes first: if the process
 * dies before the skip item moves, there is only one more copy.
 */
async function appendAgain(deps: RedrivePorts, record: QuarantinedRecord): Promise<RecordResult> {
  const decoded = decodeAdEvent(record.data);
  if (decoded.status === 'undecodable' && !isControlEvent(record.data))
    return { status: 'refused', reason: decoded.reason };
  const [result] = await deps.adEvents.append([{ partitionKey: adEventsPartitionKey, data: record.data }]);
  if (result?.status !== 'appended') return { status: 'log-unavailable' };
  const left = await deps.state.write(leaveQuarantine(record, 'redriven'));
  return { status: left.status === 'written' ? 'redriven' : 'not-quarantined' };
}

/**
 * A record that has ended may still have bytes, left by a try that died or by a late second call that gave it
 * up.
 */
async function nothingToDo(
  deps: RedrivePorts,
  id: QuarantineId,
  state: string | undefined,
): Promise<NotQuarantined> {
  if (state !== undefined && state !== 'quarantined') await forgetBytes(deps, id);
  return { status: 'not-quarantined', state };
}
