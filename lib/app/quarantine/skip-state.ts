import type { TrackedNumber } from '../../core/delivery/tracked-event.ts';
import type { WriteAction } from '../../ports/state-store.ts';
import { quarantineKey, type QuarantineId } from '../../ports/quarantine.ts';
import { isPortError } from '../../ports/port-error.ts';
import type { Ports } from '../ports.ts';
import { skipKey } from '../state-keys.ts';

/**
 * How a record that was given up ends: an increment is counted, an ad event is redriven, and both may be
 * dropped.
 */
export type SkipEnd = 'counted' | 'redriven' | 'dropped';

/**
 * Puts the skip item of a record. `partitionKey`: of an increment; it shows operators the counter when the
 * log no longer has the record.
 */
export function skipAction(
  id: QuarantineId,
  { state, reason, partitionKey, number }: SkipFacts,
): Extract<WriteAction, { type: 'put' }> {
  const named = partitionKey !== undefined && { partition_key: partitionKey.toWellFormed() };
  const numbered = number !== undefined && { number };
  return { type: 'put', key: skipKey(id.stream, id), attributes: { state, reason, ...named, ...numbered } };
}

export interface SkipFacts {
  readonly state: 'quarantined' | SkipEnd;
  readonly reason: string;
  readonly partitionKey?: string;
  /** As in `leaveQuarantine`. */
  readonly number?: TrackedNumber;
}

/**
 * The only way out of `quarantined`, so a record leaves it once, however many callers try. `number`: of a tracked
 * event, the one of its counter that it is in.
 */
export function leaveQuarantine(
  id: QuarantineId,
  end: SkipEnd,
  number?: TrackedNumber,
): Extract<WriteAction, { type: 'update' }> {
  return {
    type: 'update',
    key: skipKey(id.stream, id),
    set: { state: end, ...(number !== undefined && { number }) },
    condition: { op: '=', attribute: 'state', value: 'quarantined' },
  };
}

/** undefined: the record was not given up, or not completely. */
export async function readSkipState(
  { state }: Pick<Ports, 'state'>,
  id: QuarantineId,
): Promise<string | undefined> {
  const item = await state.get(skipKey(id.stream, id));
  const value = item?.['state'];
  return typeof value === 'string' ? value : undefined;
}

/**
 * Deletes the bytes of a record whose skip item shows that it has ended. If this fails, or the process dies
 * before, they stay until the quarantine deletes them or the record is redriven or dropped again; both are
 * harmless.
 */
export async function forgetBytes(
  { quarantine, telemetry }: Pick<Ports, 'quarantine' | 'telemetry'>,
  id: QuarantineId,
): Promise<void> {
  try {
    await quarantine.remove(id);
  } catch (error) {
    if (!isPortError(error)) throw error;
    telemetry.warn('could not remove a finished record from the quarantine', {
      record: quarantineKey(id),
      code: error.code,
    });
  }
}
