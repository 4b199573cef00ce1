import type { Suite } from './suite.ts';

/** The first `count` checks of a suite, for one planting at a time. */
export function firstOf(suite: Suite, count: number): Suite {
  return {
    name: suite.name,
    checksOf: (planting) => suite.checksOf(planting).slice(0, count),
    run: (...run) => suite.run(...run),
  };
}

/** What `firstOf` leaves. */
export function restOf(suite: Suite, count: number): Suite {
  return {
    name: suite.name,
    checksOf: (planting) => suite.checksOf(planting).slice(count),
    run: (...run) => suite.run(...run),
  };
}
