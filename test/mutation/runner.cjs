const { basename } = require('node:path');
const { default: JestRunner } = require('jest-runner');
const progress = require('./progress.cjs');

/**
 * Runs only the files that have a test that reaches the mutant, the most telling first, and none once the mutant is
 * dead. Jest by itself would load each file, which takes longer than most tests, and go on after a failure.
 */
module.exports = class extends JestRunner {
  async runTests(tests, watcher, options) {
    if (progress.mutant === undefined) return super.runTests(tests, watcher, options);
    const [mutated] = this._globalConfig.nonFlagArgs;
    const telling = tests.filter(({ path }) => this.#reachesMutant(path));
    for (const test of telling.sort((a, b) => rank(a.path, mutated) - rank(b.path, mutated))) {
      if (progress.killed !== progress.mutant) await super.runTests([test], watcher, options);
    }
  }

  #reachesMutant(path) {
    const { testNamePattern } = this._globalConfig;
    const names = progress.testNames.get(path);
    if (testNamePattern === undefined || names === undefined) return true;
    const pattern = new RegExp(testNamePattern, 'i');
    return names.some((name) => pattern.test(name));
  }
};

/** Tests of the mutated file itself, then examples, then properties. */
function rank(path, mutated) {
  if (basename(path).split('.')[0] === basename(mutated, '.ts')) return 0;
  return path.includes('.property.') ? 2 : 1;
}
