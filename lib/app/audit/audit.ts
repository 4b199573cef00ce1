import { isMarkAttribute, parseMarkValue } from '../../core/log-position.ts';
import { LogGapError } from '../../ports/log-history.ts';
import { readItemsMax, type Attributes } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import { counterKey } from '../state-keys.ts';
import {
  AuditUnfinishedError,
  type Account,
  type AuditBook,
  type AuditPorts,
  type RunPorts,
} from './audit-book.ts';
import { auditLimits, clocksDifferMaxMs, type AuditLimits } from './audit-limits.ts';
import { auditedNumber, countedBy, isOfAd, mayLack } from './audited-number.ts';
import { AuditReader, numberOfMark } from './audit-reader.ts';
import { reportOf, type AuditReport, type Difference } from './audit-report.ts';
import { GivenUpRecords } from './given-up-records.ts';

/** Reads of a counter before it counts as different: a redrive or a batch may have come between two reads. */
const looksMax = 4;
const lookPauseMs = 250;

/** Damaged parts of an archive that one run gets over. */
const gapsMax = 100;

/**
 * Recounts the increments of the log and compares every counter's `total - sync_total` with the sum, and each number
 * of an ad with its tracked events. It uses code of its own, so it does not repeat a bug of the aggregator. It reads only what the book does not hold
 * yet, updates the book, and may run beside everything else. A counter is compared up to its marks; records
 * that they have not passed are in flight. Rejects with a PortError or an AuditLimitError; do not use the
 * book then.
 */
export async function audit(deps: AuditPorts, book: AuditBook): Promise<AuditReport> {
  const report = await compareWithLog(deps, book);
  if (report.different.length > 0) {
    deps.telemetry.count(metrics.auditDifferences, report.different.length);
    deps.telemetry.error('counters differ from the log', { counters: report.different.length });
  }
  return report;
}

/**
 * An audit that raises no alarm. `only`: the counters to audit; do not use the book for others afterwards.
 */
export async function compareWithLog(
  deps: RunPorts,
  book: AuditBook,
  only?: ReadonlySet<string>,
): Promise<AuditReport> {
  return new Audit(deps, book, only).run();
}

/** A counter against the log at one moment. */
interface Comparison extends Difference {
  /** What its total had from the log. */
  readonly counted: bigint;
}

class Audit {
  readonly #deps: RunPorts;
  readonly #book: AuditBook;
  readonly #limits: AuditLimits;
  readonly #reader: AuditReader;
  readonly #givenUp: GivenUpRecords;
  readonly #startedAtMs: number;

  constructor(deps: RunPorts, book: AuditBook, only: ReadonlySet<string> | undefined) {
    this.#deps = deps;
    this.#book = book;
    this.#limits = deps.limits ?? auditLimits;
    this.#reader = new AuditReader(deps, book, only);
    this.#givenUp = new GivenUpRecords(deps, book, this.#reader.copies);
    this.#startedAtMs = deps.clock.nowMs();
  }

  async run(): Promise<AuditReport> {
    try {
      const report = await this.#run();
      this.#book.began = undefined;
      return report;
    } catch (error) {
      if (error instanceof AuditUnfinishedError) {
        const { copies, withCopies } = this.#reader;
        this.#book.began = { ...this.#givenUp.start, copies, withCopies };
      }
      throw error;
    }
  }

  async #run(): Promise<AuditReport> {
    await this.#readWithoutGap();
    const { keysPerSlice, differencesMax } = this.#limits;
    const keys = [...this.#book.accounts.keys()];
    const differing: Comparison[] = [];
    let counted = 0n;
    for (let start = 0; start < keys.length; start += keysPerSlice) {
      this.#assertInTime();
      const slice = keys.slice(start, start + keysPerSlice);
      const items = await this.#read(slice);
      await this.#catchUp(items);
      slice.forEach((key, index) => {
        const item = items[index] ?? {};
        const comparison = this.#compare(key, item);
        const isSure = comparison.difference === 0n && !this.#reader.withCopies.has(key);
        if (isSure) counted += increments(comparison);
        else differing.push(comparison);
      });
    }
    const looked = await this.#lookClosely(differing.slice(0, differencesMax));
    // The totals of the last look: its accounts have settled what these hold.
    for (const comparison of [...looked, ...differing.slice(differencesMax)])
      counted += increments(comparison);
    const different = looked.flatMap(({ key, expected, difference }) =>
      difference === 0n ? [] : [{ ...nameOf(key), expected, difference }],
    );
    await this.#givenUp.suspect(looked.filter(({ difference }) => difference !== 0n).map(({ key }) => key));
    this.#reader.forgetIds();
    this.#book.ranAtMs = this.#startedAtMs;
    return reportOf(this.#book, { different, counted, withheld: await this.#givenUp.sums() });
  }

  /** A gap that shows while it reads is looked at as if it had been there before. */
  async #readWithoutGap(): Promise<void> {
    for (let gaps = 0; ; gaps += 1) {
      try {
        await this.#lookForGaps();
        await this.#readLog();
        return;
      } catch (error) {
        if (!(error instanceof LogGapError) || gaps === gapsMax) throw error;
      }
    }
  }

  /** Records that the log dropped before they were read may be missing from any sum. */
  async #lookForGaps(): Promise<void> {
    const { ranAtMs, positions, began } = this.#book;
    const before = new Map(began?.positions ?? positions);
    for (const { shardId } of await this.#deps.history.shards()) {
      const after =
        ranAtMs === undefined ? undefined : { sequenceNumber: positions.get(shardId), atMs: ranAtMs };
      const isWhole = await this.#deps.history.isWhole(shardId, after);
      const dropped = await this.#deps.history.droppedThrough(shardId);
      // A log that knows only the time: what was read before the gap is older.
      this.#reader.noteDropped(shardId, dropped ?? (isWhole ? undefined : before.get(shardId)));
      if (isWhole) continue;
      this.#book.whole = false;
      for (const account of this.#book.accounts.values()) account.baseline = undefined;
      // It goes on after the records that are missing. Otherwise the next run would miss them again.
      if (dropped !== undefined && BigInt(dropped) > BigInt(positions.get(shardId) ?? '-1'))
        positions.set(shardId, dropped);
    }
  }

  /**
   * Reads up to where the log ended when the audit began, because a busy log never ends. Next comes the shard that is
   * furthest behind: so event ids may be forgotten by their age, however much is read.
   */
  async #readLog(): Promise<void> {
    let sinceLook = 0;
    const readThroughMs = new Map<string, number>();
    for (const { shardId } of await this.#deps.history.shards()) readThroughMs.set(shardId, -Infinity);
    for (let next = oldestOf(readThroughMs); next !== undefined; next = oldestOf(readThroughMs)) {
      this.#assertInTime();
      const { shardId, throughMs } = next;
      const records = await this.#reader.readPage(shardId, throughMs);
      sinceLook += records.length;
      const last = records.at(-1);
      if (sinceLook >= this.#limits.recordsPerLook) {
        await this.#settle(this.#reader.takeTouched());
        sinceLook = 0;
      }
      if (last === undefined || last.arrivedAtMs > this.#startedAtMs) readThroughMs.delete(shardId);
      else readThroughMs.set(shardId, last.arrivedAtMs);
    }
  }

  /**
   * Called where the book is consistent. `ranAtMs` stays that of the last whole run: a log that dropped records
   * since then may have dropped some that were not read.
   */
  #assertInTime(): void {
    if (this.#deps.isLate?.() === true) throw new AuditUnfinishedError('the audit is late');
  }

  async #settle(keys: readonly string[]): Promise<void> {
    const { keysPerSlice } = this.#limits;
    for (let start = 0; start < keys.length; start += keysPerSlice) {
      const slice = keys.slice(start, start + keysPerSlice);
      const items = await this.#read(slice);
      slice.forEach((key, index) => {
        this.#reader.settle(this.#account(key), items[index] ?? {});
      });
    }
  }

  /** The items that hold the numbers of these accounts. */
  async #read(accounts: readonly string[]): Promise<readonly (Attributes | undefined)[]> {
    const counters = accounts.map((account) => auditedNumber(account).counter);
    const distinct = [...new Set(counters)];
    const items = new Map<string, Attributes | undefined>();
    for (let start = 0; start < distinct.length; start += readItemsMax) {
      const page = distinct.slice(start, start + readItemsMax);
      const found = await this.#deps.state.getMany(page.map(counterKey));
      page.forEach((counter, index) => items.set(counter, found[index]));
    }
    return counters.map((counter) => items.get(counter));
  }

  /** Reads the log up to the marks of these items, because the totals include the records up to there. */
  async #catchUp(items: readonly (Attributes | undefined)[]): Promise<void> {
    const { positions, epoch } = this.#book;
    const highest = new Map<string, bigint>();
    for (const item of items) {
      for (const [name, value] of Object.entries(item ?? {})) {
        const [prefix, markEpoch, shardId = ''] = name.split('|');
        if (prefix !== 'hw' || markEpoch !== epoch || typeof value !== 'string') continue;
        const number = BigInt(numberOfMark(value));
        if (number > (highest.get(shardId) ?? -1n)) highest.set(shardId, number);
      }
    }
    for (const [shardId, number] of highest) {
      while (BigInt(positions.get(shardId) ?? '-1') < number) {
        // The mark is past the end of its shard: the log has dropped all records of the shard.
        if ((await this.#reader.readPage(shardId)).length === 0) break;
      }
    }
  }

  /** The total against the sum from the log, up to the item's marks; equal if only later records can be checked. */
  #compare(key: string, item: Attributes): Comparison {
    const account = this.#account(key);
    this.#reader.settle(account, item);
    const counted = countedBy(key, item);
    const fromLog = account.settled - this.#givenUp.withheldOf(key);
    const olderMarks = Object.entries(item).filter(([name]) => this.#isOfAnotherEpoch(name));
    const hasOlderHistory = !this.#book.whole || olderMarks.length > 0;
    // The stream before is still read: what it added since is not in the baseline.
    const isOutdated = olderMarks.some(([, value]) => this.#hasMovedSince(value));
    if (hasOlderHistory && (account.baseline === undefined || isOutdated))
      account.baseline = counted - fromLog;
    const expected = fromLog + (account.baseline ?? 0n);
    const difference = counted - expected;
    const isOpen = difference < 0n && -difference <= mayLack(key, item);
    return { key, expected, difference: isOpen ? 0n : difference, counted };
  }

  #isOfAnotherEpoch(name: string): boolean {
    return isMarkAttribute(name) && name.split('|')[1] !== this.#book.epoch;
  }

  /** Since the last run. */
  #hasMovedSince(mark: unknown): boolean {
    const sinceMs = (this.#book.ranAtMs ?? -Infinity) - clocksDifferMaxMs;
    return typeof mark === 'string' && parseMarkValue(mark).movedAtMs >= sinceMs;
  }

  /**
   * Compares these counters again, until the records that were given up are known and nothing has moved in
   * between. Resolves to the last comparison of each.
   */
  async #lookClosely(differing: readonly Comparison[]): Promise<readonly Comparison[]> {
    const last = new Map(differing.map((comparison) => [comparison.key, comparison]));
    let suspects = [...last.keys()];
    for (let look = 0; look < looksMax && suspects.length > 0; look += 1) {
      if (look > 0) await this.#deps.clock.sleep(lookPauseMs);
      const before = await this.#read(suspects);
      await this.#catchUp(before);
      await this.#givenUp.find(suspects, new Map(suspects.map((key, index) => [key, before[index] ?? {}])));
      await this.#givenUp.refresh(suspects);
      const after = await this.#read(suspects);
      await this.#catchUp(after);
      suspects = suspects.filter((key, index) => {
        // A redrive between the two reads: one of them is right.
        const first = this.#compare(key, before[index] ?? {});
        const comparison = first.difference === 0n ? first : this.#compare(key, after[index] ?? {});
        last.set(key, comparison);
        return comparison.difference !== 0n;
      });
    }
    return [...last.values()];
  }

  #account(key: string): Account {
    return this.#book.accounts.get(key) ?? { settled: 0n, pending: [], baseline: undefined };
  }
}

/** The numbers of ads are no increments, and in none of the sums. */
function increments({ key, counted }: Comparison): bigint {
  return isOfAd(key) ? 0n : counted;
}

function nameOf(account: string): Pick<Difference, 'key' | 'number'> {
  const { counter: key, number } = auditedNumber(account);
  return { key, ...(number !== undefined && { number }) };
}

/** The shard that has been read the least far. */
function oldestOf(readThroughMs: ReadonlyMap<string, number>) {
  let oldest: { readonly shardId: string; readonly throughMs: number } | undefined;
  for (const [shardId, throughMs] of readThroughMs) {
    if (oldest === undefined || throughMs < oldest.throughMs) oldest = { shardId, throughMs };
  }
  return oldest;
}
