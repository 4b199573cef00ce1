import { runJest, runSuite } from '../support/run-suite.ts';
import { installAxe } from './axe.ts';
import { findChromium } from './open-browser.ts';

/**
 * Goal: the console as people meet it, in the system's Chromium, on the embedded runtime under traffic: every
 * control, both themes, the keyboard alone, hostile data. How to run: `npm run test:console -- --help`. The
 * first run installs axe-core. Where there is no browser the suite is skipped, says so, and in CI has failed.
 */
const jestMsMax = 900_000;

await runSuite({
  name: 'test:console',
  about: "Uses the console in the system's Chromium, or in the browser that the variable CHROMIUM names.",
  run: (args) => (findChromium() === undefined ? skip() : run(args)),
});

function run(args: readonly string[]): number {
  installAxe();
  // One after another: each has a browser and a pipeline of its own.
  return runJest({ folder: 'console', args: ['--runInBand', ...args], msMax: jestMsMax });
}

function skip(): number {
  console.log(
    'SKIPPED: test/console: no Chromium; install it (apt-get install chromium) or name it by CHROMIUM',
  );
  return process.env['CI'] === 'true' ? 1 : 0;
}
