import { randomInt } from 'node:crypto';

/** The same in every run, so that a red run is red again. */
const usualSeed = 1;
const seedBound = 2 ** 31;

/**
 * The seed of `npm test`, from the variable TEST_SEED: a number repeats the run of that number, `random`
 * draws one.
 */
export function chooseSeed(text: string | undefined): number {
  if (text === undefined || text === '') return usualSeed;
  if (text === 'random') return randomInt(seedBound);
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed >= seedBound) {
    throw new RangeError(`TEST_SEED=${text} must be a whole number below ${seedBound}, or random`);
  }
  return seed;
}
