/**
 * Goals: tell as a score how many small changes of lib/core the tests in test/core notice; docs/mutation.md
 * has the figures. Non-goals: the layers above the domain; the speed of the code under test.
 * How to run: `npm run mutate` for all but the index, or `npm run mutate -- --only lib/core/counters` for
 * some folders or files (commas between them). Installs Stryker (65 MB) at the first run. Exits 1 below the
 * threshold in stryker.config.mjs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'test/mutation');
const stryker = join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const installMsMax = 300_000;
const runMsMax = 4 * 3_600_000;

/** Names of things outside, which a test could only repeat. */
const onlyNames = ['streams'].map((name) => `!lib/core/${name}.ts`);
/**
 * The index is tested as a whole against a model, so that each survivor costs all of its tests: only when it
 * is named.
 */
const index = [
  'bitmap-*',
  'catalog',
  'catalog-row',
  'moment',
  'order-by-instant',
  'row-*',
  'sorted-rows',
].map((name) => `!lib/core/ads/catalog/${name}.ts`);

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    concurrency: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(`npm run mutate -- [options]
  --only a,b        these folders and files of lib/core (default: all but the index of the catalog)
  --concurrency N   mutants at a time (default 1)
  --help            this text
Exit codes: 0 the score reaches the threshold, 1 it does not.
`);
  process.exit();
}
install();
const patterns = values.only?.split(',').map(toPattern) ?? ['lib/core/**/*.ts', ...index];
process.exitCode = mutate([...patterns, ...onlyNames], values.concurrency);

function install(): void {
  if (existsSync(stryker)) return;
  // Without its peers: the Jest that Stryker drives is the project's own.
  const options = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, ...options], {
    stdio: 'inherit',
    timeout: installMsMax,
  });
  if (status !== 0) throw new Error('npm ci of Stryker failed');
}

function toPattern(path: string): string {
  if (!path.startsWith('lib/core') || !existsSync(join(root, path))) {
    throw new Error(`--only takes files and folders in lib/core, not ${path}`);
  }
  return statSync(join(root, path)).isDirectory() ? `${path.replace(/\/$/, '')}/**/*.ts` : path;
}

function mutate(patterns: readonly string[], concurrency: string): number {
  const options = ['--mutate', patterns.join(','), '--concurrency', concurrency];
  const { status } = spawnSync(
    process.execPath,
    [stryker, 'run', 'test/mutation/stryker.config.mjs', ...options],
    { cwd: root, stdio: 'inherit', timeout: runMsMax },
  );
  return status ?? 1;
}
