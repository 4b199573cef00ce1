import { openSync, closeSync, writeSync, statfsSync, mkdtempSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from '../process/run-tool.ts';
import { fillAndFree } from './full-disk.ts';
import { NotHereError, type Phase } from './phase.ts';

const mebibyte = 1024 * 1024;
const diskBytes = 512 * mebibyte;
const ballastName = 'ballast';

/** A small file system in memory, filled up by somebody else. Needs the right to mount. */
export const smallDisk: Phase = {
  name: 'small disk',
  place: () => {
    const parent = mkdtempSync(join(tmpdir(), 'adtally-disk-'));
    try {
      runTool('mount', '-t', 'tmpfs', '-o', `size=${diskBytes}`, 'adtally-chaos', parent);
    } catch (error) {
      rmdirSync(parent);
      return Promise.reject(new NotHereError('this user may not mount a file system', { cause: error }));
    }
    return Promise.resolve({
      parent,
      dispose: () => {
        runTool('umount', parent);
        rmdirSync(parent);
        return Promise.resolve();
      },
    });
  },
  run: (trial, rounds) => {
    const ballast = join(trial.folder, '..', ballastName);
    return fillAndFree(trial, rounds, {
      options: () => ({}),
      take: () => {
        fill(ballast, trial.prng.int(0, 36) * mebibyte);
        return Promise.resolve();
      },
      giveBack: () => {
        rmSync(ballast);
        return Promise.resolve();
      },
    });
  },
};

function fill(path: string, leftBytes: number): void {
  const zeros = Buffer.alloc(mebibyte);
  const file = openSync(path, 'w');
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(join(path, '..'));
      if (bavail * bsize <= leftBytes) break;
      writeSync(file, zeros, 0, Math.min(zeros.length, bavail * bsize - leftBytes));
    }
  } finally {
    closeSync(file);
  }
}
