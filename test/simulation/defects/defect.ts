import type { Invariant } from '../audit/auditor.ts';

/**
 * A defect planted in a copy of the product, to prove that the simulator finds it: `find`, which must occur
 * in `file` exactly once, becomes `replace`. The result must run, and be what a tired author might write.
 */
export interface Defect {
  /** Kebab-case, unique. */
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** One sentence: what goes wrong in production. */
  readonly breaks: string;
  /** The promises that it breaks, as far as one can say. */
  readonly expects: readonly (Invariant | 'crash')[];
  /** Fault kinds (faults.ts) without any of which nothing goes wrong. */
  readonly needs?: readonly string[];
}
