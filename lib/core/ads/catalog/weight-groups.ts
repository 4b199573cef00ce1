import { assert } from '../../assert.ts';
import type { CatalogRow } from './catalog-row.ts';
import { afterEveryId, keyRows, type RowChange } from './row-order.ts';
import { SortedRows, type RowPosition } from './sorted-rows.ts';

/** Rows of one priority and one weight, by end: those that have ended are the first ones, as for pages. */
export class WeightGroup {
  readonly priority: number;
  readonly weight: number;
  readonly byEnd: SortedRows;
  /** `#firstNotEnded` holds from..until. */
  #fromMs = Infinity;
  #untilMs = -Infinity;
  #firstNotEnded: RowPosition = { block: 0, row: 0 };

  constructor(priority: number, weight: number, byEnd: SortedRows) {
    this.priority = priority;
    this.weight = weight;
    this.byEnd = byEnd;
  }

  firstNotEnded(atMs: number): RowPosition {
    if (this.#fromMs <= atMs && atMs < this.#untilMs) return this.#firstNotEnded;
    const first = this.byEnd.search(atMs, afterEveryId);
    this.#fromMs = this.byEnd.before(first)?.endAt ?? -Infinity;
    this.#untilMs = this.byEnd.at(first)?.endAt ?? Infinity;
    return (this.#firstNotEnded = first);
  }
}

/**
 * The rows of one catalog in groups of one priority and one weight: by priority, then by weight, no group
 * empty. Immutable: a change makes new groups only of those that it affects.
 */
export class WeightGroups {
  readonly groups: readonly WeightGroup[];
  readonly #blockRowsMax: number;

  private constructor(groups: readonly WeightGroup[], blockRowsMax: number) {
    this.groups = groups;
    this.#blockRowsMax = blockRowsMax;
  }

  static from(byEnd: SortedRows, blockRowsMax: number): WeightGroups {
    const rows = byEnd.blocks.flatMap((block) => block.rows);
    const groups = Array.from(
      Map.groupBy(rows, rankOf).values(),
      (members) =>
        new WeightGroup(...sharedBy(members), SortedRows.from('end', keyRows('end', members), blockRowsMax)),
    );
    return new WeightGroups(groups.sort(byRank), blockRowsMax);
  }

  /** The groups after changes that are sorted by end, as for `SortedRows.change`. */
  change(changes: readonly RowChange[]): WeightGroups {
    const groups = new Map(this.groups.map((group) => [rankOf(group), group]));
    for (const [rank, own] of Map.groupBy(changes, ({ row }) => rankOf(row))) {
      const before =
        groups.get(rank)?.byEnd ?? SortedRows.from('end', keyRows('end', []), this.#blockRowsMax);
      const byEnd = before.change(own);
      if (byEnd.blocks.length === 0) groups.delete(rank);
      else groups.set(rank, new WeightGroup(...sharedBy(own.map(({ row }) => row)), byEnd));
    }
    return new WeightGroups([...groups.values()].sort(byRank), this.#blockRowsMax);
  }
}

type Ranked = Pick<CatalogRow, 'priority' | 'weight'>;

/** Over every weight. */
const ranksPerPriority = 128;

function rankOf({ priority, weight }: Ranked): number {
  return priority * ranksPerPriority + weight;
}

function byRank(a: Ranked, b: Ranked): number {
  return rankOf(a) - rankOf(b);
}

/** `members`: at least one. */
function sharedBy([first]: readonly Ranked[]): [priority: number, weight: number] {
  assert(first !== undefined, 'a group has no rows');
  return [first.priority, first.weight];
}
