import { namedItem } from '../../core/counters/group-records.ts';
import { markAttribute } from '../../core/log-position.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import type { Account, AuditBook, ComparePorts } from './audit-book.ts';
import { auditLimits, keyedIdLifeMs, type AuditLimits } from './audit-limits.ts';
import { readEvent } from './read-event.ts';

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

  /** `only`: the counters to audit; undefined: all. */
  constructor(
    { history, limits = auditLimits }: Pick<ComparePorts, 'history' | 'limits'>,
    book: AuditBook,
    only?: ReadonlySet<string>,
  ) {
    this.#history = history;
    this.#limits = limits;
    this.#book = book;
    this.#only = only;
    for (const account of book.accounts.values()) this.#pending += account.pending.length;
  }

  /**
   * What the log has dropped (`LogHistory.droppedThrough`). Call it before the counters are read: what it has
   * dropped by then is settled, and nobody delivers it any more.
   */
  noteDropped(shardId: string, number: string | undefined): void {
    this.#dropped.set(shardId, BigInt(number ?? '-1'));
  }

  /** Reads a page of a shard; resolves to its records, none at the current end. */
  async readPage(shardId: string): Promise<readonly LogRecord[]> {
    const after = this.#book.positions.get(shardId);
    const { recordsPerRead, bytesPerRead, pendingMax } = this.#limits;
    const size = { recordsMax: recordsPerRead, bytesMax: bytesPerRead };
    const records = await this.#history.read(shardId, after, size);
    for (const record of records) this.#add(shardId, record);
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
   * without a mark is settled too.
   */
  settle(account: Account, item: Readonly<Record<string, unknown>>): void {
    const waiting = account.pending.filter(({ mark, sequenceNumber, value }) => {
      const passed =
        item[mark] === undefined
          ? this.#isDropped(mark, sequenceNumber)
          : hasPassed(item[mark], sequenceNumber);
      if (passed) account.settled += value;
      return !passed;
    });
    this.#pending -= account.pending.length - waiting.length;
    account.pending = waiting;
  }

  /** The counters with new pending records since the last call. */
  takeTouched(): readonly string[] {
    const touched = [...this.#touched];
    this.#touched = new Set();
    return touched;
  }

  /** Forgets event ids that will not return. */
  forgetIds(): void {
    const { keyedIds } = this.#book;
    let newestMs = 0;
    for (const arrivedAtMs of keyedIds.values()) newestMs = Math.max(newestMs, arrivedAtMs);
    for (const [id, arrivedAtMs] of keyedIds) {
      if (arrivedAtMs < newestMs - keyedIdLifeMs) keyedIds.delete(id);
    }
  }

  #isDropped(mark: string, sequenceNumber: string): boolean {
    const [, epoch, shardId = ''] = mark.split('|');
    const dropped = this.#dropped.get(shardId);
    return epoch === this.#book.epoch && (dropped === undefined || BigInt(sequenceNumber) <= dropped);
  }

  #add(shardId: string, { partitionKey, sequenceNumber, data, arrivedAtMs }: LogRecord): void {
    const { counterKey, lane } = namedItem(partitionKey);
    if (this.#only !== undefined && !this.#only.has(counterKey)) return;
    const { keyedIds, accounts, epoch } = this.#book;
    const { keyedIdsMax } = this.#limits;
    const event = readEvent(data, counterKey);
    if (event === undefined) {
      this.#book.unreadable += 1;
      return;
    }
    const eventId = event.keyed ? event.id : undefined;
    const isCopy = event.keyed && keyedIds.has(event.id);
    if (event.keyed && !isCopy) {
      if (keyedIds.size >= keyedIdsMax) this.forgetIds();
      if (keyedIds.size >= keyedIdsMax)
        throw new AuditLimitError(`more than ${keyedIdsMax} keyed events in two days`);
      keyedIds.set(event.id, arrivedAtMs);
    }
    let account = accounts.get(counterKey);
    if (account === undefined) {
      account = { settled: 0n, pending: [], baseline: undefined };
      accounts.set(counterKey, account);
    }
    const mark = markAttribute({ epoch, shardId }, lane);
    account.pending.push({ mark, sequenceNumber, value: isCopy ? 0n : event.value, eventId });
    this.#pending += 1;
    this.#touched.add(counterKey);
  }
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
