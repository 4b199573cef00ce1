import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFolders } from './run-folders.ts';
import { chooseSeed } from './seed.ts';

/**
 * Jest's globalSetup: one seed for all suites, and folders for this run alone. The workers inherit the
 * variables.
 */
export default function begin({ rootDir }: { readonly rootDir: string }): void {
  const asked = process.env['TEST_SEED'];
  const seed = chooseSeed(asked);
  process.env['TEST_SEED'] = String(seed);
  if (asked !== undefined) process.stdout.write(`\nTEST_SEED=${seed}\n`);
  const root = mkdtempSync(join(tmpdir(), 'adt-'));
  for (const folder of [runFolders.temporary, runFolders.shared]) mkdirSync(join(root, folder));
  process.env[runFolders.variable] = root;
  // os.tmpdir() reads it, here and in every process that a test starts.
  process.env['TMPDIR'] = join(root, runFolders.temporary);
  // Node strips types and compiles once for all the processes that tests start: each is there in half the
  // time.
  process.env['NODE_COMPILE_CACHE'] ??= join(rootDir, 'node_modules/.cache/node');
}
