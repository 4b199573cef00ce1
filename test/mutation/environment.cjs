const { TestEnvironment } = require('jest-environment-node');
const progress = require('./progress.cjs');

/** Learns which tests there are, and skips the rest of a file once its mutant is dead. */
module.exports = class extends TestEnvironment {
  #names = [];

  constructor(config, context) {
    super(config, context);
    if (progress.mutant === undefined) progress.testNames.set(context.testPath, this.#names);
  }

  handleTestEvent({ name, test }) {
    if (name === 'test_start') {
      this.#names.push(fullName(test));
      if (progress.killed !== undefined && progress.killed === progress.mutant) test.mode = 'skip';
    }
    if (name === 'test_done' && test.errors.length > 0) progress.killed = progress.mutant;
  }
};

/** As Jest matches it with a pattern of names. */
function fullName({ name, parent }) {
  return parent === undefined || parent.parent === undefined ? name : `${fullName(parent)} ${name}`;
}
