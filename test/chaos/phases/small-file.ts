import { statSync } from 'node:fs';
import { dataFile } from '../../../lib/adapters/lmdb/data-file.ts';
import { runTool } from '../process/run-tool.ts';
import type { Trial } from '../trial.ts';
import { fillAndFree } from './full-disk.ts';
import { NotHereError, type Phase } from './phase.ts';

const moreBytesMax = 6 * 1024 * 1024;

/** A limit on the size of files (RLIMIT_FSIZE), set and lifted while the process runs: a write fails at that length. */
export const smallFile: Phase = {
  name: 'small file',
  assertPossible() {
    try {
      runTool('prlimit', '--version');
    } catch (error) {
      throw new NotHereError('there is no prlimit here', { cause: error });
    }
  },
  run: (trial, rounds) =>
    fillAndFree(trial, rounds, {
      options: () => ({ fileBytesMax: limit(trial) }),
      take: (_trial, server) => setLimit(server.pid, String(limit(trial))),
      giveBack: (server) => setLimit(server.pid, 'unlimited'),
    }),
};

function limit({ folder, prng }: Trial): number {
  return statSync(dataFile(folder)).size + prng.int(0, moreBytesMax);
}

function setLimit(pid: number, softLimit: string): Promise<void> {
  runTool('prlimit', '--pid', String(pid), `--fsize=${softLimit}:unlimited`);
  return Promise.resolve();
}
