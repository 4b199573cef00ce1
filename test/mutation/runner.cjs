const { basename } = require('node:path');
const { default: JestRunner } = require('jest-runner');
const progress = require('./progress.cjs');

/**
 * Runs only the files with a test that reaches the mutant, the most telling first, and none once the mutant is dead. Jest
 * by itself would load each file, which takes longer than most tests, and goes on after a failure.
 */
module.exports = class extends JestRunner {
  async runTests(tests, watcher, options) {
    const order = [...tests].sort((a, b) => this.#rank(a) - this.#rank(b));
    for (const test of order) {
      const dead = progress.killed !== undefined && progress.killed === progress.mutant;
      if (!dead && this.#reachesMutant(test)) await super.runTests([test], watcher, options);
    }
  }

  /** Tests of the mutated file itself, then examples, then properties. */
  #rank({ path }) {
    const mutated = this._globalConfig.nonFlagArgs.map((file) => basename(file, '.ts'));
    if (mutated.includes(basename(path).split('.')[0])) return 0;
    return path.includes('.property.') ? 2 : 1;
  }

  #reachesMutant({ path }) {
    const { testNamePattern } = this._globalConfig;
    const names = progress.testNames.get(path);
    if (progress.mutant === undefined || testNamePattern === undefined || names === undefined) return true;
    const pattern = new RegExp(testNamePattern, 'i');
    return names.some((name) => pattern.test(name));
  }
};
