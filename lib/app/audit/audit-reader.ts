import { namedItem } from '../../core/counters/group-records.ts';
import { markAttribute, positionText } from '../../core/log-position.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import type { Account, AuditBook, ComparePorts, PendingRecord } from './audit-book.ts';
import { auditLimits, keyedIdLifeMs, type AuditLimits } from './audit-limits.ts';
import { readEvents, type AuditedEvent } from './read-event.ts';

/** The run would need more memory than it may use. */
export class AuditLimitError extends Error {
  override readonly name = 'AuditLimitError';
}

/** Reads the log into a book, each record once. */
export class AuditReader {
  readonly #history: LogHistory;
  readonly #book: AuditBook;
  readonly #limits: AuditLimits;
  readonly #only: ReadonlySet<string> | undefined;
  /** By shard: the last number that the log has dropped; -1: none. A shard that is not here is gone whole. */
  readonly #dropped = new Map<string, bigint>();
  #touched = new Set<string>();
  #pending = 0;
  /** Keyed events none of whose records has been settled. */
  readonly #unsettledIds = new Set<string>();
  /** Keyed events that are known to have been given up. */
  readonly #withheldIds: ReadonlySet<string | undefined>;
  /** By position (core/log-position.ts): records read since `RunStart` of an event that had been settled. */
  readonly copies: Set<string>;
  /** Counters with another record of such an event, which may have been given up too and changes no sum then. */
  readonly withCopies: Set<string>;

  /** `only`: the keys of the counters to audit; undefined: all. */
  constructor(
    { history, limits = auditLimits }: Pick<ComparePorts, 'history' | 'limits'>,
    book: AuditBook,
    only?: ReadonlySet<string>,
  ) {
    this.#history = history;
    this.#limits = limits;
    this.#book = book;
    this.#only = only;
    this.copies = new Set(book.began?.copies);
    this.withCopies = new Set(book.began?.withCopies);
    this.#withheldIds = new Set(Array.from(book.withheld.values(), ({ eventId }) => eventId));
    for (const [key, { pending }] of book.accounts) {
      this.#pending += pending.length;
      for (const { eventId, value } of pending) {
        if (eventId === undefined) continue;
        if (value !== 0n) this.#unsettledIds.add(eventId);
        if (this.#withheldIds.has(eventId)) this.withCopies.add(key);
      }
    }
  }

  /**
   * What the log has dropped (`LogHistory.droppedThrough`). Call it before the counters are read: what it has
   * dropped by then is settled, and nobody delivers it any more.
   */
  noteDropped(shardId: string, number: string | undefined): void {
    this.#dropped.set(shardId, BigInt(number ?? '-1'));
  }

  /**
   * Reads a page of a shard; resolves to its records, none at the current end. `allReadThroughMs`: every shard has been
   * read up to there; by default only what arrived last tells how old an event id is.
   */
  async readPage(shardId: string, allReadThroughMs?: number): Promise<readonly LogRecord[]> {
    const after = this.#book.positions.get(shardId);
    const { recordsPerRead, bytesPerRead, pendingMax } = this.#limits;
    const size = { recordsMax: recordsPerRead, bytesMax: bytesPerRead };
    const records = await this.#history.read(shardId, after, size);
    // It was opened after the run had looked for gaps.
    if (records.length > 0 && !this.#dropped.has(shardId)) this.noteDropped(shardId, undefined);
    for (const record of records) this.#add(shardId, record, allReadThroughMs);
    const last = records.at(-1);
    if (last !== undefined) this.#book.positions.set(shardId, last.sequenceNumber);
    if (this.#pending > pendingMax) {
      throw new AuditLimitError(`more than ${pendingMax} records wait to be counted`);
    }
    return records;
  }

  /**
   * Moves the pending records that the marks have passed into the sum. `item`: a counter as the store has it. It
   * keeps no mark for long after the log has dropped the records below (mark-hygiene.ts), so a dropped record
   * without a mark is settled too. An event is settled with the first of its records that is: they may be on
   * different shards, where the later one can be counted first.
   */
  settle(account: Account, item: Readonly<Record<string, unknown>>): void {
    const waiting: PendingRecord[] = [];
    const events = new Map<string, bigint>();
    const note = (eventId: string, value: bigint): void => {
      const known = events.get(eventId) ?? 0n;
      events.set(eventId, value > known ? value : known);
    };
    for (const record of account.pending) {
      if (!this.#isSettled(record, item)) waiting.push(record);
      else if (record.eventId === undefined) account.settled += record.value;
      else note(record.eventId, record.value);
    }
    this.#pending -= account.pending.length - waiting.length;
    account.pending = waiting.map((record) => {
      if (record.eventId === undefined || !events.has(record.eventId)) return record;
      note(record.eventId, record.value);
      return { ...record, value: 0n };
    });
    for (const [eventId, value] of events) {
      account.settled += value;
      this.#unsettledIds.delete(eventId);
    }
  }

  /** The counters with new pending records since the last call. */
  takeTouched(): readonly string[] {
    const touched = [...this.#touched];
    this.#touched = new Set();
    return touched;
  }

  /** Forgets event ids that will not return, after all shards have been read up to there; default: to the end. */
  forgetIds(allReadThroughMs?: number): void {
    const { keyedIds } = this.#book;
    const readThroughMs = allReadThroughMs ?? newestOf(keyedIds);
    for (const [id, arrivedAtMs] of keyedIds) {
      if (arrivedAtMs < readThroughMs - keyedIdLifeMs) keyedIds.delete(id);
    }
  }

  #isSettled({ mark, sequenceNumber }: PendingRecord, item: Readonly<Record<string, unknown>>): boolean {
    if (item[mark] === undefined) return this.#isDropped(mark, sequenceNumber);
    return hasPassed(item[mark], sequenceNumber);
  }

  #isDropped(mark: string, sequenceNumber: string): boolean {
    const [, epoch, shardId = ''] = mark.split('|');
    const dropped = this.#dropped.get(shardId);
    return epoch === this.#book.epoch && (dropped === undefined || BigInt(sequenceNumber) <= dropped);
  }

  #add(
    shardId: string,
    { partitionKey, sequenceNumber, data, arrivedAtMs }: LogRecord,
    allReadThroughMs: number | undefined,
  ): void {
    const { counterKey, lane } = namedItem(partitionKey);
    if (this.#only !== undefined && !this.#only.has(counterKey)) return;
    const events = readEvents(data, counterKey);
    if (events === undefined) {
      this.#book.unreadable += 1;
      return;
    }
    const place = { shardId, lane, sequenceNumber, arrivedAtMs };
    for (const event of events) this.#addEvent(event, place, allReadThroughMs);
  }

  #addEvent(
    event: AuditedEvent,
    { shardId, lane, sequenceNumber, arrivedAtMs }: Place,
    allReadThroughMs: number | undefined,
  ): void {
    const { keyedIds, accounts, epoch } = this.#book;
    const { keyedIdsMax } = this.#limits;
    const eventId = event.keyed ? event.id : undefined;
    const isCopy = event.keyed && keyedIds.has(event.id);
    if (event.keyed && !isCopy) {
      if (keyedIds.size >= keyedIdsMax) this.forgetIds(allReadThroughMs);
      if (keyedIds.size >= keyedIdsMax)
        throw new AuditLimitError(`more than ${keyedIdsMax} keyed events in two days`);
      keyedIds.set(event.id, arrivedAtMs);
    }
    let account = accounts.get(event.account);
    if (account === undefined) {
      account = { settled: 0n, pending: [], baseline: undefined };
      accounts.set(event.account, account);
    }
    const mark = markAttribute({ epoch, shardId }, lane);
    if (isCopy && this.#withheldIds.has(event.id)) this.withCopies.add(event.account);
    const isSettled = isCopy && !this.#unsettledIds.has(event.id);
    if (isSettled) this.copies.add(positionText({ epoch, shardId, sequenceNumber }));
    if (eventId !== undefined && !isSettled) this.#unsettledIds.add(eventId);
    account.pending.push({ mark, sequenceNumber, value: isSettled ? 0n : event.value, eventId });
    this.#pending += 1;
    this.#touched.add(event.account);
  }
}

interface Place {
  readonly shardId: string;
  readonly lane: string;
  readonly sequenceNumber: string;
  readonly arrivedAtMs: number;
}

function newestOf(keyedIds: ReadonlyMap<string, number>): number {
  return keyedIds.values().reduce((newest, arrivedAtMs) => Math.max(newest, arrivedAtMs), 0);
}

/**
 * `mark`: the value of the attribute: three digits of length, the number, `@` and the second of its last
 * move.
 */
export function hasPassed(mark: unknown, sequenceNumber: string): boolean {
  return typeof mark === 'string' && BigInt(numberOfMark(mark)) >= BigInt(sequenceNumber);
}

export function numberOfMark(mark: string): string {
  const [digits = ''] = mark.slice(3).split('@');
  return digits;
}
