import type { Planting } from './planting.ts';

/** A failure of a suite in a copy with something planted. */
export interface Finding {
  /** What to run again to see it: test files, or a seed. */
  readonly checks: readonly string[];
  /** What failed, for the table. */
  readonly by: string;
  /** Of a seed: the fault kinds that had struck, the most frequent first. */
  readonly struck?: readonly string[];
}

export interface SuiteRun {
  readonly findings: readonly Finding[];
  /** Checks that did not run because of an earlier one. */
  readonly unrun: readonly string[];
}

export interface RunOptions {
  /** The first failure is enough. */
  readonly bail: boolean;
}

/** A folder with the product and its tests, in which something may be planted. */
export interface Copy {
  readonly folder: string;
  /** Returns what takes the changes out again. */
  plant(plantings: readonly Planting[]): () => void;
}

/** A way to find defects: checks that can be run one by one, or many at once. */
export interface Suite {
  readonly name: string;
  /** The checks that the changed files can make fail, the most telling first. */
  checksOf(planting: Planting): readonly string[];
  /** Runs `checks` in order. */
  run(copy: Copy, checks: readonly string[], options: RunOptions): Promise<SuiteRun>;
}
