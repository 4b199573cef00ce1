import { execFileSync } from 'node:child_process';
import { openSync, closeSync, writeSync, statfsSync, mkdtempSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillAndFree } from './full-disk.ts';
import type { Phase } from './phase.ts';

const mebibyte = 1024 * 1024;
const diskBytes = 512 * mebibyte;
const ballastName = 'ballast';

/** A small file system in memory, filled up by somebody else. Needs the right to mount. */
export const smallDisk: Phase = {
  name: 'small disk',
  place: () => {
    const parent = mkdtempSync(join(tmpdir(), 'adtally-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'adtally-chaos', parent], {
        stdio: 'pipe',
      });
    } catch (error) {
      rmdirSync(parent);
      return Promise.reject(new NoSmallDiskError('this user may not mount a file system', { cause: error }));
    }
    return Promise.resolve({
      parent,
      dispose: () => {
        execFileSync('umount', [parent]);
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

export class NoSmallDiskError extends Error {
  override readonly name = 'NoSmallDiskError';
}

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
