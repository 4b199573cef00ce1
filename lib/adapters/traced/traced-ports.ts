import { spanNames } from '../../core/span-names.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { ExpirySchedule } from '../../ports/expiry-schedule.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import type { Spans } from '../../ports/spans.ts';
import {
  StateStoreError,
  type StateStore,
  type TransactResult,
  type WriteResult,
} from '../../ports/state-store.ts';

/** Ports as they are, with each call a span. */

const appendName = {
  'ad-events': spanNames.appendAdEvents,
  increments: spanNames.appendIncrements,
} as const;

export function tracedEventLog(log: EventLog, spans: Spans): EventLog {
  return {
    stream: log.stream,
    epoch: log.epoch,
    hashPosition: (partitionKey) => log.hashPosition(partitionKey),
    append: (entries) =>
      spans.around(
        appendName[log.stream],
        () => log.append(entries),
        (results) => ({
          details: { records: entries.length },
          failed: results.some(({ status }) => status !== 'appended'),
        }),
      ),
  };
}

/** A condition that does not hold is an answer and no failure. */
export function tracedStateStore(state: StateStore, spans: Spans): StateStore {
  return {
    get: (key) =>
      spans.around(
        spanNames.stateGet,
        () => state.get(key),
        (item) => ({ details: { table: key.table, found: item !== undefined } }),
      ),
    getMany: (keys) =>
      spans.around(
        spanNames.stateGetMany,
        () => state.getMany(keys),
        () => ({ details: { items: keys.length } }),
      ),
    query: (range) =>
      spans.around(
        spanNames.stateQuery,
        () => state.query(range),
        ({ items }) => ({ details: { table: range.table, items: items.length } }),
      ),
    write: (action) =>
      spans.around(
        spanNames.stateWrite,
        () => state.write(action),
        ({ status }) => ({ details: { table: action.key.table, status } }),
      ),
    writeEach: (actions, options) =>
      spans.around(
        spanNames.stateWriteEach,
        () => state.writeEach(actions, options),
        (results) => ({ details: { items: actions.length }, failed: results.some(isFailure) }),
      ),
    transact: (actions) =>
      spans.around(
        spanNames.stateTransact,
        () => state.transact(actions),
        ({ status }) => ({ details: { actions: actions.length, status } }),
      ),
    transactEach: (transactions, options) =>
      spans.around(
        spanNames.stateTransactEach,
        () => state.transactEach(transactions, options),
        (results) => ({
          details: { transactions: transactions.length },
          failed: results.some(isFailure),
        }),
      ),
  };
}

function isFailure(result: WriteResult | TransactResult | StateStoreError): boolean {
  return result instanceof StateStoreError;
}

export function tracedSchedule(schedule: ExpirySchedule, spans: Spans): ExpirySchedule {
  return {
    set: (one) => spans.around(spanNames.scheduleSet, () => schedule.set(one)),
    clear: (name) => spans.around(spanNames.scheduleClear, () => schedule.clear(name)),
  };
}

/** Storing a record is a failure by itself: that of the record. */
export function tracedQuarantine(quarantine: Quarantine, spans: Spans): Quarantine {
  return {
    store: (record) =>
      spans.around(
        spanNames.quarantineStore,
        () => quarantine.store(record),
        () => ({ details: { reason: record.reason }, failed: true }),
      ),
    get: (id) => quarantine.get(id),
    list: (page) => quarantine.list(page),
    remove: (id) => quarantine.remove(id),
  };
}
