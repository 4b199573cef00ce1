import type { Attributes, StateStore } from '../../../lib/ports/state-store.ts';
import type { ItemChange } from './auditor.ts';
import {
  isAdCounter,
  positionText,
  type CounterLedger,
  type LoggedOrder,
  type LoggedTracked,
} from './counter-ledger.ts';
import type { CountedAmount } from './counter-series.ts';
import { epochLengthMs } from './decision-tokens.ts';
import { demand } from './demand.ts';

/** The numbers of an ad's counter besides its total, spelt out once more. */
const uncounted = ['duplicate', 'late', 'invalid_bot', 'invalid_prefetch', 'invalid_no_user_agent'] as const;

/**
 * What one write must do to the numbers of an ad's counter: each record that it settles is one more in exactly one of
 * them (G11), and no event is counted twice (D3).
 */
export class TrackedGrowth {
  readonly #ledger: CounterLedger;
  readonly #impressionMinutes: number;
  readonly #expected = new Map<string, Map<string, bigint>>();

  constructor(ledger: CounterLedger, impressionMinutes: number) {
    this.#ledger = ledger;
    this.#impressionMinutes = impressionMinutes;
  }

  /** The record is settled; returns what it adds to the total. `written`: the number in its skip item. */
  settle(event: LoggedTracked, written?: Attributes[string]): readonly CountedAmount[] {
    const number = this.#numberOf(event);
    demand(written === undefined || written === number, 'G1', 'a skip item names another number', () => ({
      ...{ event, written, number },
    }));
    const numbers = this.#expected.get(event.counter) ?? new Map<string, bigint>();
    this.#expected.set(event.counter, numbers);
    if (number === 'total') {
      this.#ledger.trackedCounted.add(event.id);
      return [{ value: 1n, atMs: event.atMs }];
    }
    if (number === 'late') this.#ledger.trackedLate.add(event.id);
    numbers.set(number, (numbers.get(number) ?? 0n) + 1n);
    return [];
  }

  /** The order is obeyed at its place: what comes after it is late or not by what it leaves. */
  obey({ counter, generation, through }: LoggedOrder, arrivedAtMs: number): readonly CountedAmount[] {
    const fence = this.#ledger.fence(counter);
    if (through === undefined) fence.generation = Math.max(fence.generation, generation);
    else if (generation === fence.generation && generation % 2 === 1)
      fence.closed = Math.max(
        fence.closed,
        Math.min(through, closableThrough(arrivedAtMs, this.#impressionMinutes)),
      );
    return [];
  }

  check(counter: string, { before, after }: ItemChange): void {
    const expected = this.#expected.get(counter);
    this.#expected.delete(counter);
    const fence = this.#ledger.fence(counter);
    const isFenced =
      numberIn(after, 'generation') === BigInt(fence.generation) &&
      (after?.['closed'] ?? -1n) === BigInt(fence.closed);
    demand(isFenced, 'G10', 'a counter is not as the orders in its log say', () => ({
      ...{ counter, fence, before, after },
    }));
    for (const name of uncounted) {
      const grewBy = numberIn(after, name) - numberIn(before, name);
      const shouldHaveGrownBy = expected?.get(name) ?? 0n;
      demand(
        grewBy === shouldHaveGrownBy,
        'G1',
        'a number of an ad did not grow by what was settled',
        () => ({
          ...{ counter, name, grewBy, shouldHaveGrownBy, before, after },
        }),
      );
    }
  }

  /** Everything that the write settled was in the counter that it changed. */
  checkNone(): void {
    demand(this.#expected.size === 0, 'G1', 'a tracked event was settled without its counter', () => ({
      counters: [...this.#expected.keys()],
    }));
  }

  #numberOf({ id, isClick, invalid, generation, epoch, counter }: LoggedTracked): string {
    if (invalid !== undefined) return `invalid_${invalid.replaceAll('-', '_')}`;
    if (!isClick && this.#isLate(counter, generation, epoch)) return 'late';
    return this.#ledger.trackedCounted.has(id) ? 'duplicate' : 'total';
  }

  /** Of another generation than the counter has, or of an epoch that the log has closed. */
  #isLate(counter: string, generation: number, epoch: number): boolean {
    const fence = this.#ledger.fence(counter);
    return generation !== fence.generation || (generation % 2 === 1 && epoch <= fence.closed);
  }
}

/** The last number of the epochs that ended so long ago that none of their impressions can still count. */
function closableThrough(atMs: number, impressionMinutes: number): number {
  const minutes = epochLengthMs(impressionMinutes) / 60_000;
  const minute = Math.floor(atMs / 60_000) - impressionMinutes - 3;
  return Math.floor(minute / minutes) * minutes * 4 - 1;
}

/** At rest: what the records of each ad add up to is what its counter says, each in one number. */
export async function checkTrackedNumbers(
  ledger: CounterLedger,
  state: Pick<StateStore, 'get'>,
): Promise<void> {
  const records = Map.groupBy(
    ledger.records.filter(({ tracked }) => tracked !== undefined),
    ({ tracked }) => tracked?.counter ?? '',
  );
  for (const [counter, entries] of records) {
    const settled = entries.filter(({ skip }) => skip === undefined || skip === 'counted');
    const item = await state.get({ table: 'counters', pk: `counter#${counter}`, sk: '' });
    const numbers = ['total', ...uncounted].map((name) => [name, numberIn(item, name)] as const);
    const sum = numbers.reduce((all, [, value]) => all + value, 0n);
    const facts = (): Record<string, unknown> => ({ counter, item, settled: settled.length });
    demand(isAdCounter(counter) && sum === BigInt(settled.length), 'G1', 'an event is in no number', facts);
    const ids = settled.flatMap(({ tracked }) => (tracked?.invalid === undefined ? [tracked?.id] : []));
    const counted = new Set(ids.filter((id) => id !== undefined && ledger.trackedCounted.has(id)));
    demand(numberIn(item, 'total') === BigInt(counted.size), 'I1', 'an ad counted some event twice', facts);
  }
  for (const [id, copies] of ledger.trackedCopies) {
    const isOut = copies.every(
      ({ skip, tracked }) =>
        skip === 'quarantined' ||
        skip === 'dropped' ||
        (tracked?.isClick === false && ledger.trackedLate.has(id)),
    );
    demand(ledger.trackedCounted.has(id) || isOut, 'G1', 'a tracked event was not counted', () => ({
      ...{ id, positions: copies.map(({ record }) => positionText(record)) },
    }));
  }
}

function numberIn(item: Attributes | undefined, name: string): bigint {
  const value = item?.[name];
  return typeof value === 'bigint' ? value : 0n;
}
