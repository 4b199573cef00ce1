import { namedItem } from '../../core/counters/group-records.ts';
import { markAttribute, positionText } from '../../core/log-position.ts';
import { readItemsMax, type Attributes } from '../../ports/state-store.ts';
import { skipKey } from '../state-keys.ts';
import {
  AuditUnfinishedError,
  withheldName,
  type AuditBook,
  type PendingRecord,
  type RunPorts,
  type RunStart,
  type Withheld,
} from './audit-book.ts';
import { auditLimits, type AuditLimits } from './audit-limits.ts';
import { hasPassed } from './audit-reader.ts';
import type { WithheldSums } from './audit-report.ts';
import { auditedNumber, isOfAd } from './audited-number.ts';
import { readEvents } from './read-event.ts';

/** A record of a counter that differs, and the attribute of the mark that passes it. */
interface Suspect extends Withheld {
  readonly mark: string;
}

/**
 * Records with a value that were given up: quarantined or dropped. Nothing lists them all. So if a counter
 * differs, this searches the records that were settled in this run; from then on the book knows them.
 */
export class GivenUpRecords {
  readonly #deps: RunPorts;
  readonly #limits: AuditLimits;
  readonly #book: AuditBook;
  readonly #copies: ReadonlySet<string>;
  /** Where this run began to read, or the late runs that it completes; and the pending records of earlier runs. */
  readonly #positions: RunStart['positions'];
  readonly #waiting: RunStart['waiting'];
  #sums: ReadonlyMap<string, bigint> = new Map();

  /** `copies`: as in AuditReader. */
  constructor(deps: RunPorts, book: AuditBook, copies: ReadonlySet<string>) {
    this.#copies = copies;
    this.#deps = deps;
    this.#limits = deps.limits ?? auditLimits;
    this.#book = book;
    this.#positions = book.began?.positions ?? new Map(book.positions);
    this.#waiting = book.began?.waiting ?? pendingOf(book);
    this.#sum();
  }

  /** What the run that completes this one must know. */
  get start(): Pick<RunStart, 'positions' | 'waiting'> {
    return { positions: this.#positions, waiting: this.#waiting };
  }

  /** The sum of the counter's records that are in the log and not in its total. */
  withheldOf(key: string): bigint {
    return this.#sums.get(key) ?? 0n;
  }

  /**
   * Searches for records of these counters that were given up; it reads this run's part of the log again.
   * `items`: the counters as the store had them.
   */
  async find(keys: readonly string[], items: ReadonlyMap<string, Attributes>): Promise<void> {
    const suspects = await this.#suspectsOf(new Set(keys));
    const states = await this.#statesOf(suspects);
    const counted = new Set<string>();
    suspects.forEach((suspect, index) => {
      const { key, mark, position, value, eventId } = suspect;
      if (isWithheld(states[index]))
        this.#book.withheld.set(withheldName(key, position), { key, position, value, eventId });
      else if (eventId !== undefined && hasPassed(items.get(key)?.[mark], position.sequenceNumber))
        counted.add(eventId);
    });
    this.#release(counted);
  }

  /**
   * Remembers the records of these counters that may have been given up, because a later run does not read
   * them again. Forgets those of all other counters.
   */
  async suspect(keys: readonly string[]): Promise<void> {
    const suspects = keys.length === 0 ? [] : await this.#suspectsOf(new Set(keys));
    const records = Map.groupBy(suspects, ({ key }) => key);
    const { suspectsMax } = this.#limits;
    this.#book.suspects.clear();
    for (const [key, all] of records) this.#book.suspects.set(key, all.slice(-suspectsMax).map(toRecord));
  }

  /** Checks the known records of these counters again, because a redrive counts them. */
  async refresh(keys: readonly string[]): Promise<void> {
    const wanted = new Set(keys);
    const known = [...this.#book.withheld.values()].filter(({ key }) => wanted.has(key));
    const states = await this.#statesOf(known);
    const counted = new Set<string>();
    known.forEach(({ key, position, eventId }, index) => {
      if (isWithheld(states[index])) return;
      this.#book.withheld.delete(withheldName(key, position));
      if (eventId !== undefined) counted.add(eventId);
    });
    this.#release(counted);
  }

  /**
   * Of increments alone. What has been redriven since its counter was compared is in the quarantine to this audit.
   */
  async sums(): Promise<WithheldSums> {
    const all = [...this.#book.withheld.values()].filter(({ key }) => !isOfAd(key));
    const states = await this.#statesOf(all);
    const kept = all.filter((_, index) => states[index] !== 'dropped');
    const total = sumOf(all);
    const quarantined = sumOf(all, new Set(kept.map(identityOf)));
    return { quarantined, dropped: total - quarantined };
  }

  /** These events have been counted, by whichever of their records. */
  #release(counted: ReadonlySet<string>): void {
    for (const [name, { eventId }] of this.#book.withheld) {
      if (eventId !== undefined && counted.has(eventId)) this.#book.withheld.delete(name);
    }
    this.#sum();
  }

  #sum(): void {
    const byKey = Map.groupBy(this.#book.withheld.values(), ({ key }) => key);
    this.#sums = new Map(Array.from(byKey, ([key, records]) => [key, sumOf(records)]));
  }

  async #suspectsOf(keys: ReadonlySet<string>): Promise<readonly Suspect[]> {
    // A pending record of an earlier run may also be one of its suspects.
    const byPlace = new Map<string, Suspect>();
    const add = (suspect: Suspect): void => {
      byPlace.set(withheldName(suspect.key, suspect.position), suspect);
    };
    for (const suspect of this.#suspectsWaiting(keys)) add(suspect);
    for (const shardId of this.#book.positions.keys()) {
      for (const suspect of await this.#suspectsRead(shardId, keys)) add(suspect);
    }
    return this.#withoutCounted([...byPlace.values()]);
  }

  /**
   * An event none of whose first records is a suspect was settled in an earlier run. Unless it was given up
   * then, it was counted, and what became of its copies changes no sum.
   */
  #withoutCounted(suspects: readonly Suspect[]): readonly Suspect[] {
    const open = new Set(Array.from(this.#book.withheld.values(), ({ eventId }) => eventId));
    const isCopy = ({ position, eventId }: Suspect): boolean =>
      eventId !== undefined && this.#copies.has(positionText(position));
    for (const suspect of suspects) if (!isCopy(suspect)) open.add(suspect.eventId);
    return suspects.map((suspect) =>
      isCopy(suspect) && !open.has(suspect.eventId) ? { ...suspect, value: 0n } : suspect,
    );
  }

  *#suspectsWaiting(keys: ReadonlySet<string>): Generator<Suspect> {
    for (const key of keys) {
      const waiting = [...(this.#waiting.get(key) ?? []), ...(this.#book.suspects.get(key) ?? [])];
      for (const { mark, sequenceNumber, value, eventId } of waiting) {
        const [, epoch = '', shardId = ''] = mark.split('|');
        yield { key, mark, position: { epoch, shardId, sequenceNumber }, value, eventId };
      }
    }
  }

  async #suspectsRead(shardId: string, keys: ReadonlySet<string>): Promise<readonly Suspect[]> {
    const { epoch, positions } = this.#book;
    const end = BigInt(positions.get(shardId) ?? '-1');
    const suspects: Suspect[] = [];
    const counters = new Set(Array.from(keys, (key) => auditedNumber(key).counter));
    for (let after = this.#positions.get(shardId); BigInt(after ?? '-1') < end;) {
      if (this.#deps.isLate?.() === true) throw new AuditUnfinishedError('the audit is late');
      const size = { recordsMax: this.#limits.recordsPerRead, bytesMax: this.#limits.bytesPerRead };
      const records = await this.#deps.history.read(shardId, after, size);
      for (const { partitionKey, sequenceNumber, data } of records) {
        const { counterKey, lane } = namedItem(partitionKey);
        if (!counters.has(counterKey)) continue;
        const position = { epoch, shardId, sequenceNumber };
        const mark = markAttribute(position, lane);
        for (const { account: key, id, keyed, value } of readEvents(data, counterKey) ?? []) {
          const eventId = keyed ? id : undefined;
          if (keys.has(key)) suspects.push({ key, mark, position, value, eventId });
        }
      }
      const last = records.at(-1);
      if (last === undefined) break;
      after = last.sequenceNumber;
    }
    return suspects;
  }

  async #statesOf(records: readonly Withheld[]): Promise<readonly unknown[]> {
    // A record may be withheld from several accounts.
    const positions = new Map(records.map(({ position }) => [positionText(position), position]));
    const all = [...positions];
    const states = new Map<string, unknown>();
    for (let start = 0; start < all.length; start += readItemsMax) {
      const page = all.slice(start, start + readItemsMax);
      const keys = page.map(([, position]) => skipKey(this.#deps.history.stream, position));
      const items = await this.#deps.state.getMany(keys);
      page.forEach(([name], index) => states.set(name, items[index]?.['state']));
    }
    return records.map(({ position }) => states.get(positionText(position)));
  }
}

function pendingOf({ accounts }: AuditBook): RunStart['waiting'] {
  const waiting = new Map<string, readonly PendingRecord[]>();
  for (const [key, { pending }] of accounts) if (pending.length > 0) waiting.set(key, [...pending]);
  return waiting;
}

function toRecord({ mark, position, value, eventId }: Suspect): PendingRecord {
  return { mark, sequenceNumber: position.sequenceNumber, value, eventId };
}

function isWithheld(state: unknown): boolean {
  return state === 'quarantined' || state === 'dropped';
}

/** Copies of one event have one identity. */
function identityOf({ position, eventId }: Withheld): string {
  return eventId ?? positionText(position);
}

/** Each event once. `identities`: of these alone. */
function sumOf(records: readonly Withheld[], identities?: ReadonlySet<string>): bigint {
  const values = new Map<string, bigint>();
  for (const record of records) {
    const identity = identityOf(record);
    if (identities?.has(identity) === false) continue;
    const known = values.get(identity) ?? 0n;
    values.set(identity, record.value > known ? record.value : known);
  }
  return values.values().reduce((sum, value) => sum + value, 0n);
}
