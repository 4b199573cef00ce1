import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installAxe } from './axe.ts';
import { findChromium } from './open-browser.ts';

/**
 * Goal: the console as people meet it, in the system's Chromium, on the embedded runtime under traffic: every
 * control, both themes, the keyboard alone, hostile data. `npm run test:console`; `CHROMIUM` names another
 * browser. Arguments go on to Jest. The first run installs axe-core. Where there is no browser the suite is
 * skipped, says so, and in CI has failed.
 */
const jestMsMax = 900_000;

process.exitCode = findChromium() === undefined ? skip() : runJest();

function skip(): number {
  console.log(
    'SKIPPED: test/console: no Chromium; install it (apt-get install chromium) or name it by CHROMIUM',
  );
  return process.env['CI'] === 'true' ? 1 : 0;
}

function runJest(): number {
  installAxe();
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  // One after another: each has a browser and a pipeline of its own.
  const options = ['--config', 'test/console/jest.config.mjs', '--runInBand', ...process.argv.slice(2)];
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const result = spawnSync(process.execPath, [...jest, ...options], {
    cwd: root,
    stdio: 'inherit',
    timeout: jestMsMax,
  });
  return result.status ?? 1;
}
