/**
 * Tries the ledger of goals in more orders of events than fit into `npm test`: `npm run model`.
 *
 * Goals: every state of the larger worlds, up to a number of each, and drawn orders of the largest.
 * No goals: clocks, and what the store of a stage does; those are of the simulator.
 * Exit codes: 0 every promise was kept, 1 one was broken, 2 wrong arguments.
 */
import { optionLines, parseOptions, runCommand, whole } from '../../../../../lib/options.ts';
import { Prng } from '../../../../support/prng.ts';
import { explore, movesOfAWalk, walk, type Violation } from './explore.ts';
import { product } from './rights.ts';
import { drawnSizes, largeSizes } from './sizes.ts';

interface ModelCommand {
  readonly states: number;
  readonly orders: number;
  readonly seed: number | undefined;
}

const options = {
  states: whole({
    ...{ about: 'of each large world, the nearest first', min: 1, max: 100_000_000, default: 1_000_000 },
  }),
  orders: whole({ about: 'drawn orders of events', min: 1, max: 100_000_000, default: 100_000 }),
  seed: whole({ about: 'of the drawn orders (default drawn anew, and printed)', min: 0, max: 2 ** 31 }),
};

const usage = `Tries the ledger of goals in many orders of events: npm run model -- [options]

${optionLines(options)}
Exit codes: 0 every promise was kept, 1 one was broken, 2 wrong arguments.
`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function main({ states: statesMax, orders, seed = Date.now() % 2 ** 31 }: ModelCommand): number {
  let broken = 0;
  const report = (name: string, text: string, violation: Violation | undefined): void => {
    print(`${name}: ${text}, ${violation === undefined ? 'none broke a promise' : violation.fault}`);
    if (violation === undefined) return;
    broken++;
    for (const [index, label] of violation.trace.entries()) print(`  ${index + 1}. ${label}`);
  };

  for (const [name, size] of Object.entries(largeSizes)) {
    const { states, cut, violation } = explore(size, product, statesMax);
    report(name, `${states} states${cut ? ', the nearest' : ''}`, violation);
  }
  print(`seed ${seed}`);
  const prng = new Prng(seed);
  const below = (n: number): number => prng.int(0, n - 1);
  const each = Math.ceil(orders / Object.keys(drawnSizes).length);
  for (const [name, size] of Object.entries(drawnSizes)) {
    let violation: Violation | undefined;
    let done = 0;
    for (; done < each && violation === undefined; done++)
      violation = walk(size, product, { moves: movesOfAWalk, below });
    report(name, `${done} drawn orders`, violation);
  }
  return broken === 0 ? 0 : 1;
}

const read = (args: readonly string[]): ModelCommand => parseOptions(args, options).values;
await runCommand({ name: 'model', usage, read, run: (given) => Promise.resolve(main(given)) });
