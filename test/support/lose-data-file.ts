import { closeSync, readdirSync, readlinkSync, openSync } from 'node:fs';

/**
 * To be imported ahead of a program: at SIGUSR2 its LMDB files are gone from under it, as with a disk that
 * fails.
 */
process.on('SIGUSR2', () => {
  for (const name of readdirSync('/proc/self/fd')) {
    const descriptor = Number(name);
    if (!targetOf(descriptor).endsWith('.mdb')) continue;
    closeSync(descriptor);
    // Takes the number, so that no other file is written to in its place.
    openSync('/dev/null', 'r');
  }
});

function targetOf(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return ''; // the folder's own descriptor, closed by now
  }
}
