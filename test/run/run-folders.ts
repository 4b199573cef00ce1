import { join } from 'node:path';

/** The folders of a run of Jest. */
export const runFolders = {
  /** The variable that names the folder of both. */
  variable: 'ADTALLY_TEST_RUN',
  /** Empty when the run ends. */
  temporary: 'tmp',
  /** What one suite makes and others of the same run use too. */
  shared: 'shared',
} as const;

export function sharedFolder(): string {
  const root = process.env[runFolders.variable];
  if (root === undefined) throw new Error('test/run/begin.ts did not run');
  return join(root, runFolders.shared);
}
