import type { RowChange } from './row-order.ts';
import type { SortedRows } from './sorted-rows.ts';

/** The rows of one catalog in the three orders that questions are asked in. */
export interface CatalogState {
  readonly byId: SortedRows;
  readonly byStart: SortedRows;
  readonly byEnd: SortedRows;
  /** Names this state; no other one ever has the same. */
  readonly mark: symbol;
  /** How it came from states before it, the oldest step first. */
  readonly steps: readonly Step[];
}

/** What one `apply` changed. */
export interface Step {
  /** The mark of the state that it changed. */
  readonly before: symbol;
  readonly changes: readonly RowChange[];
}

/** Bounds what a state remembers of the ones before it, and the removed ads that it thereby keeps in memory. */
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

/** The steps that lead from one state to a later one; undefined if they are not known. */
export function stepsBetween(from: CatalogState, to: CatalogState): readonly Step[] | undefined {
  const first = to.steps.findLastIndex((step) => step.before === from.mark);
  return first < 0 ? undefined : to.steps.slice(first);
}
