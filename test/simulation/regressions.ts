/** A seed that once showed a bug, kept so that the bug does not return unnoticed. */
export interface Regression {
  readonly seed: number;
  /** What was wrong, and where. */
  readonly story: string;
}

/**
 * A seed means the same only while the simulator draws the same; the unit test that came with each mending
 * stays. Since operators audit and replay beside the pipeline, each seed draws other containers than before.
 */
export const regressions: readonly Regression[] = [
  {
    seed: 2,
    story:
      'an ad event that could not be decoded was handed to the quarantine without its bytes, so it could not be kept, and blocked all ad events behind it',
  },
  {
    seed: 11,
    story:
      'an ad event too old for its mapping was kept by the failure destination without a skip item, so no redrive could bring it back',
  },
  {
    seed: 428,
    story:
      'the auditor wanted an ad that had ended from a stage that keeps none, because the clock of the reader was behind the end',
  },
  {
    seed: 666,
    story:
      'the auditor took the instant of the answer for that of the decision, and an ad had ended while the usage of the caller was written',
  },
  {
    seed: 4283,
    story:
      'the auditor called a 412 wrong that was right: the ad was live when the request was handled, of another version, and ended before the answer',
  },
  {
    seed: 903654314,
    story:
      'the head at version 0 was taken to have counted no removals without a look, so a comparison missed a count that somebody had altered',
  },
];
