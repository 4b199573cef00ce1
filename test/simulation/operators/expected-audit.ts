import type { AuditBook } from '../../../lib/app/audit/audit-book.ts';
import type { AuditReport } from '../../../lib/app/audit/audit-report.ts';
import type { Attributes, StateStore } from '../../../lib/ports/state-store.ts';
import { droppedRecords } from '../ports/dropped-records.ts';
import type { ObservedLog } from '../ports/observed-log.ts';
import type { AppendedRecord } from '../audit/auditor.ts';
import {
  positionText,
  readEvent,
  readOrder,
  readTracked,
  type LoggedIncrement,
} from '../audit/counter-ledger.ts';

/**
 * The counters that an audit which began too late may report though they are right (docs/operators-tools.md).
 * A record that was given up before the first audit may be redriven after it. And an event may have lost one
 * record and have another one left, which the audit takes for the first: no stage keeps its log for less than
 * the day for which a client may repeat a request. The lost one may be in the log that this one replaced.
 */
export async function uncertainCounters(
  logs: readonly ObservedLog[],
  state: Pick<StateStore, 'get'>,
): Promise<ReadonlySet<string>> {
  const uncertain = new Set<string>();
  const observed = logs.at(-1);
  if (observed === undefined) return uncertain;
  const dropped = new Set(await droppedRecords(observed));
  const replaced = logs.slice(0, -1).flatMap(({ records }) => records);
  const lost = new Set(replaced.flatMap((record) => identityOf(record)?.id ?? []));
  for (const record of observed.records) {
    const event = identityOf(record);
    if (event === undefined) continue;
    if (dropped.has(record)) lost.add(event.id);
    else if (lost.has(event.id)) uncertain.add(event.key);
    if ((await skipOf(record, state)) !== undefined) uncertain.add(event.key);
  }
  return uncertain;
}

function identityOf(record: AppendedRecord): { readonly id: string; readonly key: string } | undefined {
  const tracked = readTracked(record);
  return tracked === undefined ? readEvent(record) : { id: tracked.id, key: tracked.counter };
}

/** As in the product's promise (docs/operators-tools.md): by how much two machines' clocks may differ. */
const clocksDifferMaxMs = 15 * 60_000;

/** The counters that a stream before has changed since the last run: nothing of them can be told until it ends. */
export async function movingCounters(
  { accounts, epoch, ranAtMs = -Infinity }: AuditBook,
  state: Pick<StateStore, 'get'>,
): Promise<ReadonlySet<string>> {
  const moving = new Set<string>();
  for (const key of accounts.keys()) {
    const item = (await state.get({ table: 'counters', pk: `counter#${key}`, sk: '' })) ?? {};
    const hasMoved = Object.entries(item).some(([name, value]) => {
      if (!name.startsWith('hw|') || name.split('|')[1] === epoch || typeof value !== 'string') return false;
      return 1000 * Number(value.split('@')[1]) >= ranAtMs - clocksDifferMaxMs;
    });
    if (hasMoved) moving.add(key);
  }
  return moving;
}

function skipOf(record: AppendedRecord, state: Pick<StateStore, 'get'>): Promise<Attributes | undefined> {
  return state.get({ table: 'counters', pk: `skip#increments/${positionText(record)}`, sk: '' });
}

interface Copies {
  readonly event: LoggedIncrement;
  /** Of each of its records: how it was given up; undefined: it was not. */
  readonly ends: unknown[];
}

/**
 * What an audit must report of a log that is settled and read from its first record on: each event once,
 * however many records it has. It is in the quarantine, or dropped, if none of them was counted.
 */
export async function expectedAudit(
  records: readonly AppendedRecord[],
  state: Pick<StateStore, 'get'>,
): Promise<Omit<AuditReport, 'different'>> {
  const events = new Map<string, Copies>();
  const adCounters = new Set<string>();
  let unreadable = 0;
  let trackedRecords = 0n;
  for (const record of records) {
    const tracked = readTracked(record);
    if (tracked !== undefined) {
      trackedRecords += 1n;
      adCounters.add(tracked.counter);
      continue;
    }
    if (readOrder(record) !== undefined) continue;
    const event = readEvent(record);
    if (event === undefined) {
      unreadable += 1;
      continue;
    }
    const skip = await skipOf(record, state);
    const copies = events.get(event.id) ?? { event, ends: [] };
    copies.ends.push(skip?.['state']);
    events.set(event.id, copies);
  }
  const sum = (wanted: (copies: Copies) => boolean): bigint =>
    [...events.values()].reduce((all, copies) => (wanted(copies) ? all + copies.event.value : all), 0n);
  const isWithheld = ({ ends }: Copies): boolean =>
    ends.every((end) => end === 'quarantined' || end === 'dropped');
  return {
    status: 'equal',
    counters: new Set(Array.from(events.values(), ({ event }) => event.key)).size + adCounters.size,
    notAuditable: 0,
    accepted: sum(() => true),
    counted: sum((copies) => !isWithheld(copies)),
    inFlight: 0n,
    quarantined: sum((copies) => isWithheld(copies) && copies.ends.includes('quarantined')),
    dropped: sum((copies) => isWithheld(copies) && !copies.ends.includes('quarantined')),
    unreadable,
    tracked: trackedRecords,
  };
}
