import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runFolders } from './run-folders.ts';

/**
 * Jest's globalTeardown: fails the run when a test left a temporary file or folder, and removes all of them.
 * Names of ours begin with adtally (test/tidy.test.ts); browsers and compilers leave others.
 */
export default function end(): void {
  const root = process.env[runFolders.variable] ?? '';
  const left = readdirSync(join(root, runFolders.temporary)).filter((name) => name.startsWith('adtally'));
  rmSync(root, { recursive: true });
  process.env['TMPDIR'] = dirname(root);
  if (left.length > 0) throw new Error(`tests left temporary files behind: ${left.join(', ')}`);
}
