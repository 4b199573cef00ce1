import fc from 'fast-check';

/**
 * One seed, or a mutant's fate would change from run to run; a few cases, or two thousand mutants would take a day; no
 * shrinking, since nobody reads the case that killed a mutant.
 */
fc.configureGlobal({ seed: 42, numRuns: 25, endOnFailure: true });
