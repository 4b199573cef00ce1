import { isMarkAttribute } from '../../core/log-position.ts';
import { readItemsMax, type Attributes } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import { counterKey } from '../state-keys.ts';
import type { Account, AuditBook, AuditPorts, ComparePorts } from './audit-book.ts';
import { AuditReader, numberOfMark } from './audit-reader.ts';
import { reportOf, type AuditReport, type Difference } from './audit-report.ts';
import { GivenUpRecords } from './given-up-records.ts';

/** Records read before their counters are asked how far they are: bounds what is held of each. */
const recordsPerLook = 100_000;

/** Counters compared at a time. */
const keysPerSlice = 1000;

/** Looks at a counter that differs, before it does: a redrive or a batch may have come between two reads. */
const looksMax = 4;
const lookPauseMs = 250;

/** Counters that differ and are looked at one by one; more would add nothing to the report. */
const differencesMax = 1000;

/**
 * Recounts the increments of the log and compares every counter's `total - sync_total` with the sum, by code of its own:
 * what the aggregator got wrong is not repeated here. Reads only what the book does not hold yet, moves the book on,
 * and may run beside everything else. A counter is compared up to its marks; what they have not passed is in flight.
 *
 * Rejects with a PortError or an AuditLimitError; the book is of no use then.
 */
export async function audit(deps: AuditPorts, book: AuditBook): Promise<AuditReport> {
  const report = await compareWithLog(deps, book);
  if (report.different.length > 0) {
    deps.telemetry.count(metrics.auditDifferences, report.different.length);
    deps.telemetry.error('counters differ from the log', { counters: report.different.length });
  }
  return report;
}

/** An audit that raises no alarm. `only`: the counters to look at; the book is then good for nothing else. */
export async function compareWithLog(
  deps: ComparePorts,
  book: AuditBook,
  only?: ReadonlySet<string>,
): Promise<AuditReport> {
  return new Audit(deps, book, only).run();
}

class Audit {
  readonly #deps: ComparePorts;
  readonly #book: AuditBook;
  readonly #reader: AuditReader;
  readonly #givenUp: GivenUpRecords;
  readonly #startedAtMs: number;

  constructor(deps: ComparePorts, book: AuditBook, only: ReadonlySet<string> | undefined) {
    this.#deps = deps;
    this.#book = book;
    this.#reader = new AuditReader(deps.history, book, only);
    this.#givenUp = new GivenUpRecords(deps, book);
    this.#startedAtMs = deps.clock.nowMs();
  }

  async run(): Promise<AuditReport> {
    await this.#lookForGaps();
    await this.#readLog();
    const keys = [...this.#book.accounts.keys()];
    const differing: string[] = [];
    let counted = 0n;
    for (let start = 0; start < keys.length; start += keysPerSlice) {
      const slice = keys.slice(start, start + keysPerSlice);
      const items = await this.#read(slice);
      await this.#catchUp(items);
      slice.forEach((key, index) => {
        const item = items[index] ?? {};
        counted += countedBy(item);
        if (this.#difference(key, item) !== 0n) differing.push(key);
      });
    }
    const different = await this.#lookClosely(differing.slice(0, differencesMax));
    await this.#givenUp.suspect(different.map(({ key }) => key));
    this.#reader.forgetIds();
    this.#book.ranAtMs = this.#startedAtMs;
    return reportOf(this.#book, { different, counted, withheld: await this.#givenUp.sums() });
  }

  /** What the log has dropped unread is missing from every sum it may belong to. */
  async #lookForGaps(): Promise<void> {
    const { ranAtMs, positions } = this.#book;
    for (const { shardId } of await this.#deps.history.shards()) {
      const after =
        ranAtMs === undefined ? undefined : { sequenceNumber: positions.get(shardId), atMs: ranAtMs };
      if (await this.#deps.history.isWhole(shardId, after)) continue;
      this.#book.whole = false;
      for (const account of this.#book.accounts.values()) account.baseline = undefined;
    }
  }

  /** To where the log ended when the audit began: a busy log has no other end. */
  async #readLog(): Promise<void> {
    let sinceLook = 0;
    for (const { shardId } of await this.#deps.history.shards()) {
      for (;;) {
        const records = await this.#reader.readPage(shardId);
        sinceLook += records.length;
        const last = records.at(-1);
        if (sinceLook >= recordsPerLook) {
          await this.#settle(this.#reader.takeTouched());
          sinceLook = 0;
        }
        if (last === undefined || last.arrivedAtMs > this.#startedAtMs) break;
      }
    }
  }

  async #settle(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += keysPerSlice) {
      const slice = keys.slice(start, start + keysPerSlice);
      const items = await this.#read(slice);
      slice.forEach((key, index) => {
        this.#reader.settle(this.#account(key), items[index] ?? {});
      });
    }
  }

  async #read(keys: readonly string[]): Promise<readonly (Attributes | undefined)[]> {
    const items: (Attributes | undefined)[] = [];
    for (let start = 0; start < keys.length; start += readItemsMax) {
      items.push(
        ...(await this.#deps.state.getMany(keys.slice(start, start + readItemsMax).map(counterKey))),
      );
    }
    return items;
  }

  /** Reads the log on to the marks that have been seen: their records are in the sums of these counters. */
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
        // A mark past the end of what can be read: its shard has been dropped whole, with all it held.
        if ((await this.#reader.readPage(shardId)).length === 0) break;
      }
    }
  }

  /** Of the total from what the log says, up to the marks of this item; 0 where only the rest can be checked. */
  #difference(key: string, item: Attributes): bigint {
    const account = this.#account(key);
    this.#reader.settle(account, item);
    const beyond = countedBy(item) - account.settled + this.#givenUp.withheldOf(key);
    const hasOlderHistory =
      !this.#book.whole || Object.keys(item).some((name) => this.#isOfAnotherEpoch(name));
    if (account.baseline === undefined && hasOlderHistory) account.baseline = beyond;
    return beyond - (account.baseline ?? 0n);
  }

  #isOfAnotherEpoch(name: string): boolean {
    return isMarkAttribute(name) && name.split('|')[1] !== this.#book.epoch;
  }

  /** Those that still differ once the records that were given up are known and nothing moves in between. */
  async #lookClosely(keys: readonly string[]): Promise<readonly Difference[]> {
    let differing: readonly Difference[] = keys.map((key) => ({ key, expected: 0n, difference: 0n }));
    for (let look = 0; look < looksMax && differing.length > 0; look += 1) {
      if (look > 0) await this.#deps.clock.sleep(lookPauseMs);
      const suspects = differing.map(({ key }) => key);
      const before = await this.#read(suspects);
      await this.#catchUp(before);
      await this.#givenUp.find(suspects);
      await this.#givenUp.refresh(suspects);
      const after = await this.#read(suspects);
      await this.#catchUp(after);
      differing = suspects.flatMap((key, index) => {
        // A redrive between the two reads: one of them is right.
        if (this.#difference(key, before[index] ?? {}) === 0n) return [];
        const difference = this.#difference(key, after[index] ?? {});
        const { settled, baseline = 0n } = this.#account(key);
        const expected = settled - this.#givenUp.withheldOf(key) + baseline;
        return difference === 0n ? [] : [{ key, expected, difference }];
      });
    }
    return differing;
  }

  #account(key: string): Account {
    return this.#book.accounts.get(key) ?? { settled: 0n, pending: [], baseline: undefined };
  }
}

/** What the log, and no sync addition, has added to a counter. */
function countedBy(item: Attributes): bigint {
  const { total = 0n, sync_total: syncTotal = 0n } = item;
  return (typeof total === 'bigint' ? total : 0n) - (typeof syncTotal === 'bigint' ? syncTotal : 0n);
}
