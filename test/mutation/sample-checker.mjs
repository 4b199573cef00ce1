import { createHash } from 'node:crypto';

/**
 * Keeps a share of the mutants out: those that the seed does not draw. By its own hash, so that a mutant is in or out
 * whatever else there is, and a larger share contains a smaller one. Out is what Stryker knows as not compiling: it
 * does not run and does not count.
 */
class SampleChecker {
  #percent = Number(process.env.ADTALLY_MUTATION_SAMPLE ?? 100);
  #seed = process.env.ADTALLY_MUTATION_SEED ?? '1';

  async init() {}

  async check(mutants) {
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, this.#resultOf(mutant)]));
  }

  #resultOf({ fileName, location: { start, end }, mutatorName, replacement }) {
    const file = fileName.slice(fileName.indexOf('lib/'));
    const text = [this.#seed, file, start.line, start.column, end.line, end.column, mutatorName, replacement];
    const drawn = createHash('sha256').update(text.join('\n')).digest().readUInt32BE(0) / 2 ** 32;
    return drawn * 100 < this.#percent
      ? { status: 'passed' }
      : { status: 'compileError', reason: 'not in the sample' };
  }
}

export const strykerPlugins = [{ kind: 'Checker', name: 'sample', value: new SampleChecker() }];
