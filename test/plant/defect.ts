import type { Invariant } from '../simulation/audit/auditor.ts';

/**
 * A defect planted in a copy of the product, to prove that a test finds it: `find`, which must occur in `file`
 * exactly once, becomes `replace`. The result must run, and be what a tired author might write.
 */
export interface Defect {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** One sentence: what goes wrong in production. */
  readonly breaks: string;
}

/** A defect that the simulator alone must find. */
export interface SimulatedDefect extends Defect {
  /** The promises that it breaks, as far as one can say. */
  readonly expects: readonly (Invariant | 'crash')[];
  /** Fault kinds (faults.ts) without any of which nothing goes wrong. */
  readonly needs?: readonly string[];
  /** It takes seeds in which ads may have goals. */
  readonly withGoals?: boolean;
  /** It must be found within so many seeds; default: as many as are run. */
  readonly seedsMax?: number;
}
