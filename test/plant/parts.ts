import type { Suite } from './suite.ts';

/** The first `count` checks of a suite, for one planting at a time. */
export function firstOf(suite: Suite, count: number): Suite {
  return { ...suite, checksOf: (planting) => suite.checksOf(planting).slice(0, count) };
}

/** What `firstOf` leaves. */
export function restOf(suite: Suite, count: number): Suite {
  return { ...suite, checksOf: (planting) => suite.checksOf(planting).slice(count) };
}
