/** A seed that once showed a fault, kept so that it never comes back unseen. */
export interface Regression {
  readonly seed: number;
  /** What was wrong, and where. */
  readonly story: string;
}

/** A seed means the same only while the simulator draws the same: the unit test named with each is what stays. */
export const regressions: readonly Regression[] = [];
