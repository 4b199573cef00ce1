import { namedItem } from '../../core/counters/group-records.ts';
import { markAttribute, positionText } from '../../core/log-position.ts';
import { readItemsMax } from '../../ports/state-store.ts';
import { skipKey } from '../state-keys.ts';
import { type AuditBook, type ComparePorts, type PendingRecord, type Withheld } from './audit-book.ts';
import type { WithheldSums } from './audit-report.ts';
import { readEvent } from './read-event.ts';

const limits = { recordsMax: 10_000, bytesMax: 4 * 1024 * 1024 };

/** The most suspects of one counter. */
const suspectsMax = 1000;

/** A record of a counter that differs. */
interface Suspect extends Withheld {
  /** The event id if several records may be copies of the event, otherwise the position. */
  readonly identity: string;
}

/**
 * Records with a value that were given up: quarantined or dropped. Nothing lists them all. So if a counter
 * differs, this searches the records that were settled in this run; from then on the book knows them.
 */
export class GivenUpRecords {
  readonly #deps: ComparePorts;
  readonly #book: AuditBook;
  /** Where this run began to read, and the pending records of earlier runs. */
  readonly #positions: ReadonlyMap<string, string | undefined>;
  readonly #waiting = new Map<string, readonly PendingRecord[]>();
  readonly #sums = new Map<string, bigint>();

  constructor(deps: ComparePorts, book: AuditBook) {
    this.#deps = deps;
    this.#book = book;
    this.#positions = new Map(book.positions);
    for (const [key, { pending }] of book.accounts)
      if (pending.length > 0) this.#waiting.set(key, [...pending]);
    for (const withheld of book.withheld.values()) this.#addToSum(withheld, 1n);
  }

  /** The sum of the counter's records that are in the log and not in its total. */
  withheldOf(key: string): bigint {
    return this.#sums.get(key) ?? 0n;
  }

  /** Searches for records of these counters that were given up; it reads this run's part of the log again. */
  async find(keys: readonly string[]): Promise<void> {
    const suspects = await this.#suspectsOf(new Set(keys));
    const states = await this.#statesOf(suspects);
    const isWithheld = (index: number): boolean =>
      states[index] === 'quarantined' || states[index] === 'dropped';
    // This copy was given up and another was not: the event has been counted through the other.
    const elsewhere = new Set(
      suspects.flatMap(({ identity }, index) => (isWithheld(index) ? [] : [identity])),
    );
    suspects.forEach((suspect, index) => {
      if (isWithheld(index) && !elsewhere.has(suspect.identity)) this.#withhold(suspect);
    });
  }

  /**
   * Remembers the records of these counters that may have been given up, because a later run does not read
   * them again. Forgets those of all other counters.
   */
  async suspect(keys: readonly string[]): Promise<void> {
    const suspects = keys.length === 0 ? [] : await this.#suspectsOf(new Set(keys));
    const records = Map.groupBy(suspects, ({ key }) => key);
    this.#book.suspects.clear();
    for (const [key, all] of records) this.#book.suspects.set(key, all.slice(-suspectsMax).map(toRecord));
  }

  /** Checks the known records of these counters again, because a redrive counts them. */
  async refresh(keys: readonly string[]): Promise<void> {
    const wanted = new Set(keys);
    const known = [...this.#book.withheld.values()].filter(({ key }) => wanted.has(key));
    const states = await this.#statesOf(known);
    known.forEach((withheld, index) => {
      if (states[index] === 'quarantined' || states[index] === 'dropped') return;
      const { position } = withheld;
      this.#book.withheld.delete(positionText(position));
      this.#addToSum(withheld, -1n);
    });
  }

  async sums(): Promise<WithheldSums> {
    const all = [...this.#book.withheld.values()];
    const states = await this.#statesOf(all);
    const sumOf = (state: string): bigint =>
      all.reduce((sum, { value }, index) => (states[index] === state ? sum + value : sum), 0n);
    return { quarantined: sumOf('quarantined'), dropped: sumOf('dropped') };
  }

  #withhold({ key, position, value }: Withheld): void {
    const text = positionText(position);
    if (this.#book.withheld.has(text)) return;
    this.#book.withheld.set(text, { key, position, value });
    this.#addToSum({ key, value }, 1n);
  }

  #addToSum({ key, value }: Pick<Withheld, 'key' | 'value'>, sign: bigint): void {
    this.#sums.set(key, this.withheldOf(key) + sign * value);
  }

  async #suspectsOf(keys: ReadonlySet<string>): Promise<readonly Suspect[]> {
    // A pending record of an earlier run may also be one of its suspects.
    const byPosition = new Map<string, Suspect>();
    const add = (suspect: Suspect): void => {
      byPosition.set(positionText(suspect.position), suspect);
    };
    for (const suspect of this.#suspectsWaiting(keys)) add(suspect);
    for (const shardId of this.#book.positions.keys()) {
      for (const suspect of await this.#suspectsRead(shardId, keys)) add(suspect);
    }
    return [...byPosition.values()];
  }

  *#suspectsWaiting(keys: ReadonlySet<string>): Generator<Suspect> {
    for (const key of keys) {
      const waiting = [...(this.#waiting.get(key) ?? []), ...(this.#book.suspects.get(key) ?? [])];
      for (const { mark, sequenceNumber, value } of waiting) {
        const [, epoch = '', shardId = ''] = mark.split('|');
        const position = { epoch, shardId, sequenceNumber };
        yield { key, position, value, identity: positionText(position) };
      }
    }
  }

  async #suspectsRead(shardId: string, keys: ReadonlySet<string>): Promise<readonly Suspect[]> {
    const { epoch, positions } = this.#book;
    const end = BigInt(positions.get(shardId) ?? '-1');
    const suspects: Suspect[] = [];
    for (let after = this.#positions.get(shardId); BigInt(after ?? '-1') < end;) {
      const records = await this.#deps.history.read(shardId, after, limits);
      for (const { partitionKey, sequenceNumber, data } of records) {
        const { counterKey: key } = namedItem(partitionKey);
        const event = keys.has(key) ? readEvent(data, key) : undefined;
        if (event === undefined) continue;
        const position = { epoch, shardId, sequenceNumber };
        const identity = event.keyed ? event.id : positionText(position);
        suspects.push({ key, position, value: event.value, identity });
      }
      const last = records.at(-1);
      if (last === undefined) break;
      after = last.sequenceNumber;
    }
    return suspects;
  }

  async #statesOf(records: readonly Withheld[]): Promise<readonly unknown[]> {
    const states: unknown[] = [];
    for (let start = 0; start < records.length; start += readItemsMax) {
      const keys = records
        .slice(start, start + readItemsMax)
        .map(({ position }) => skipKey(this.#deps.history.stream, position));
      states.push(...(await this.#deps.state.getMany(keys)).map((item) => item?.['state']));
    }
    return states;
  }
}

function toRecord({ position, value }: Suspect): PendingRecord {
  return { mark: markAttribute(position), sequenceNumber: position.sequenceNumber, value };
}
