import type { RowChange } from './row-order.ts';
import type { SortedRows } from './sorted-rows.ts';

/** The rows of one catalog in the three orders that queries need. */
export interface CatalogState {
  readonly byId: SortedRows;
  /** Here and in `byEnd`: the rows that are not paused, which are those that a query may have. */
  readonly byStart: SortedRows;
  readonly byEnd: SortedRows;
  /** Identifies this state; no other state ever has the same mark. */
  readonly mark: symbol;
  /** The steps that led here from earlier states, the oldest first. */
  readonly steps: readonly Step[];
}

/** What one `apply` changed. */
export interface Step {
  /** The mark of the state that it changed. */
  readonly before: symbol;
  /** Of rows that are not paused. */
  readonly changes: readonly RowChange[];
}

/** Bounds the steps that a state remembers, and so the removed ads that it keeps in memory. */
const stepsMax = 128;
const stepRowsMax = 2048;

export function appendStep(steps: readonly Step[], step: Step): readonly Step[] {
  let rows = step.changes.length;
  if (rows > stepRowsMax) return [];
  let first = steps.length;
  while (first > 0 && steps.length - first < stepsMax - 1) {
    rows += steps[first - 1]?.changes.length ?? 0;
    if (rows > stepRowsMax) break;
    first--;
  }
  return [...steps.slice(first), step];
}

/** The steps from one state to a later one; undefined if they are not known. */
export function stepsBetween(from: CatalogState, to: CatalogState): readonly Step[] | undefined {
  const first = to.steps.findLastIndex((step) => step.before === from.mark);
  return first < 0 ? undefined : to.steps.slice(first);
}
