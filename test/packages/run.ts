import { runJest, runSuite } from '../support/run-suite.ts';

/**
 * Goal: what `npm pack` makes is what users can install: outside the repository, on each version of Node that
 * `engines` names, by programs of theirs. Non-goals: what the server, the client and the stack do, which all other tests say.
 * How to run: `npm run test:packages -- --help`. Takes the dependencies, other versions of Node, publint and
 * are-the-types-wrong from npm's registry into a folder of its own.
 */
await runSuite({
  name: 'test:packages',
  about:
    'Packs adtally, @adtally/client and @adtally/cdk, installs them elsewhere, and uses them on each version of Node.',
  run: (args) => runJest({ folder: 'packages', args, msMax: 900_000 }),
});
