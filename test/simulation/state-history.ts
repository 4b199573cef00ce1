import { createMemoryStateStore, type MemoryStateStore } from '../support/memory/memory-state-store.ts';
import { counterKey } from '../../lib/app/state-keys.ts';
import { writeEachActionsMax } from '../../lib/ports/state-store.ts';
import type { AppliedWrite, Auditor, ItemChange } from './audit/auditor.ts';

const counterPrefix = counterKey('').pk;

/** Every write the store applied, in order: what a table with point-in-time recovery keeps. */
export class StateHistory implements Auditor {
  readonly name = 'state-history';
  readonly #changes: ItemChange[] = [];
  #restores = 0;

  /** An instant of the history, to be restored later. */
  get now(): number {
    return this.#changes.length;
  }

  wrote({ changes }: AppliedWrite): void {
    this.#changes.push(...changes);
  }

  /** Counters that anybody ever added to. */
  get counters(): ReadonlySet<string> {
    const keys = this.#changes.map(({ key }) => key.pk).filter((pk) => pk.startsWith(counterPrefix));
    return new Set(keys.map((pk) => pk.slice(counterPrefix.length)));
  }

  /**
   * A new store as it was at that instant. Items that had expired and were deleted by then are there again.
   */
  async restore(instant: number): Promise<MemoryStateStore> {
    this.#restores += 1;
    const latest = new Map<string, ItemChange>();
    for (const change of this.#changes.slice(0, instant)) {
      const { table, pk, sk } = change.key;
      latest.set(`${table}/${pk}/${sk}`, change);
    }
    const store = createMemoryStateStore();
    const puts = [...latest.values()].flatMap(({ key, after }) =>
      after === undefined ? [] : [{ type: 'put' as const, key, attributes: after }],
    );
    for (let i = 0; i < puts.length; i += writeEachActionsMax)
      await store.writeEach(puts.slice(i, i + writeEachActionsMax));
    return store;
  }

  async atRest(): Promise<void> {
    // It only remembers.
  }

  facts(): Readonly<Record<string, number>> {
    return { restores: this.#restores };
  }
}
