import {
  isStateStoreError,
  type Condition,
  type StateStore,
  type WriteAction,
} from '../../ports/state-store.ts';
import type { AuditBook, ComparePorts } from '../audit/audit-book.ts';
import { compareWithLog } from '../audit/audit.ts';
import { seriesLevels } from '../../core/counters/series.ts';
import { parseDeliveryKey } from '../../core/delivery/delivery-key.ts';
import { addAction, seriesActions, seriesOf } from '../counters/counter-actions.ts';
import type { StageSettings } from '../../stages.ts';
import { counterKey } from '../state-keys.ts';
import type { LogPosition } from '../../core/log-position.ts';
import { skipAction, type SkipEnd } from './skip-state.ts';

export interface RecountPorts extends ComparePorts {
  readonly state: StateStore;
  readonly settings: StageSettings;
  /**
   * Returns a new copy of the audit's book, which knows records that the log no longer has, or an empty book.
   */
  readonly openBook: () => AuditBook;
}

/** A record that its mark has passed, without a skip item or a claim that shows the reason. */
export interface PassedRecord {
  readonly position: LogPosition;
  readonly partitionKey: string;
  readonly value: bigint;
  /** When it was posted. */
  readonly atMs: number;
}

export type RecountResult =
  /** The missing amount has been added to the total, or recorded as dropped. */
  | { readonly status: 'mended' }
  /** Nothing is missing: the records were counted. */
  | { readonly status: 'counted-before' }
  | { readonly status: 'refused'; readonly reason: string };

/** A busy counter may change between the read and the write. */
const triesMax = 10;

/** One transaction has 100 actions; the rest are for the counter and its series. */
export const recordsPerRecountMax = 99 - seriesLevels.length;

/**
 * Finds out whether records that their mark has passed were counted or lost: lost records are missing from
 * the counter's total. Then adds the amount or records it as dropped, in one transaction that is conditional
 * on the compared total. So it may be repeated, and by several operators. The series gets the amount at the
 * instant of the first record. `records`: of one counter, at most `recordsPerRecountMax`. `lostSum`: of these
 * and of the counter's other records that are processed with them, after these.
 */
export async function recount(
  deps: RecountPorts,
  key: string,
  records: readonly PassedRecord[],
  { end, lostSum }: { readonly end: Exclude<SkipEnd, 'redriven'>; readonly lostSum: bigint },
): Promise<RecountResult> {
  if (parseDeliveryKey(key) !== undefined)
    return refused('the numbers of an ad are not recounted: its events are counted by their claims');
  for (let tries = 0; tries < triesMax; tries += 1) {
    const book = deps.openBook();
    for (const other of book.accounts.keys()) if (other !== key) book.accounts.delete(other);
    const { different } = await compareWithLog(deps, book, new Set([key]));
    const account = book.accounts.get(key);
    if (account === undefined) return refused('the log no longer holds the record');
    if (account.baseline !== undefined) {
      return refused('the log no longer holds the whole history of its counter');
    }
    const [found] = different;
    if (found === undefined) return { status: 'counted-before' };
    const { expected, difference } = found;
    if (difference > 0n) return refused('the total is higher than the sum in the log: see the command audit');
    // Counting may add everything that is lost. Dropping must be sure that exactly these records are lost.
    if (end === 'dropped' && -difference !== lostSum)
      return refused('other records of its counter are lost too, or not all of these are');
    const { state, clock, settings } = deps;
    const [{ atMs } = { atMs: clock.nowMs() }] = records;
    const item = (await state.get(counterKey(key))) ?? {};
    const { total, sync_total: syncTotal } = item;
    if (toNumber(total) - toNumber(syncTotal) !== expected + difference) continue;
    const counter: WriteAction =
      end === 'counted'
        ? { ...addAction(key, -difference, clock.nowMs()), condition: unchanged(item) }
        : { type: 'check', key: counterKey(key), condition: unchanged(item) };
    try {
      const series =
        end === 'counted' ? seriesActions(key, seriesOf(settings, atMs, -difference), settings) : [];
      const ends = records.map((record) => endAction(record, end));
      const result = await state.transact([counter, ...ends, ...series]);
      if (result.status === 'written') return { status: 'mended' };
    } catch (error) {
      // The next comparison shows whether it was written.
      if (!isStateStoreError(error)) throw error;
    }
  }
  return refused('its counter changes too fast: try again');
}

/** Records, once, the end of a record that was never in the quarantine. */
function endAction({ position, partitionKey }: PassedRecord, end: SkipEnd): WriteAction {
  return {
    ...skipAction({ stream: 'increments', ...position }, { state: end, reason: 'recounted', partitionKey }),
    condition: { op: 'item-absent' },
  };
}

function unchanged(item: Readonly<Record<string, unknown>>): Condition {
  const of = ['total', 'sync_total'].map((attribute): Condition => {
    const value = item[attribute];
    return typeof value === 'bigint' ? { op: '=', attribute, value } : { op: 'absent', attribute };
  });
  return { op: 'all', of };
}

function toNumber(value: unknown): bigint {
  return typeof value === 'bigint' ? value : 0n;
}

function refused(reason: string): RecountResult {
  return { status: 'refused', reason };
}
