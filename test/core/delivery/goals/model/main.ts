/**
 * Tries the ledger of goals in more orders of events than fit into `npm test`.
 *
 * Goals: every state of the larger worlds, up to `statesMax` each, and `walks` drawn orders of the largest.
 * Non-goals: clocks, and what the store of a stage does; those are of the simulator.
 * How to run: `npm run model`, or `npm run model -- 1000` for that many drawn orders. Exits with 1 if a promise breaks.
 */
import { Prng } from '../../../../support/prng.ts';
import { explore, movesOfAWalk, walk, type Violation } from './explore.ts';
import { product } from './rights.ts';
import { drawnSizes, largeSizes } from './sizes.ts';

const statesMax = 1_000_000;
const walks = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const report = (name: string, text: string, violation: Violation | undefined): void => {
  print(`${name}: ${text}, ${violation === undefined ? 'all is well' : violation.fault}`);
  if (violation === undefined) return;
  violation.trace.forEach((label, index) => {
    print(`  ${index + 1}. ${label}`);
  });
  process.exitCode = 1;
};

for (const [name, size] of Object.entries(largeSizes)) {
  const { states, cut, violation } = explore(size, product, statesMax);
  report(name, `${states} states${cut ? ', the nearest' : ''}`, violation);
}
print(`seed ${seed}`);
const prng = new Prng(seed);
const below = (n: number): number => prng.int(0, n - 1);
const each = Math.ceil(walks / Object.keys(drawnSizes).length);
for (const [name, size] of Object.entries(drawnSizes)) {
  let violation: Violation | undefined;
  let done = 0;
  for (; done < each && violation === undefined; done++)
    violation = walk(size, product, { moves: movesOfAWalk, below });
  report(name, `${done} drawn orders`, violation);
}
