/** What one of Stryker's workers knows of its tests; runner.cjs and environment.cjs share it from run to run. */
module.exports = {
  /** The full names of the tests by file, learnt in the first run, in which nothing is mutated. */
  testNames: new Map(),
  /** The mutant that a test has killed, by Stryker's number. */
  killed: undefined,
  /** The mutant that is switched on; undefined in the first run. */
  get mutant() {
    return process.env.__STRYKER_ACTIVE_MUTANT__;
  },
};
