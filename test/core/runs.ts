import fc from 'fast-check';

/**
 * How many cases a property is tried with: `count`, or what the run asks of all (test/mutation/setup.mjs).
 */
export function runs(count: number): { readonly numRuns: number } {
  return { numRuns: fc.readConfigureGlobal().numRuns ?? count };
}
