import { writeSync } from 'node:fs';
import { joinFolder } from '../../lib/adapters/lmdb/join-folder.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';

/**
 * Has the folder of its argument open, and does not answer who asks it to hold its commits: as a process that
 * is about to end. Says what happens. Run by lmdb-two-processes.test.ts, which kills it.
 */
const [folder = ''] = process.argv.slice(2);
await joinFolder(folder, systemClock, () => ({
  hold: () => {
    writeSync(1, 'asked\n');
    return new Promise<() => void>(() => undefined);
  },
  close: () => Promise.resolve(),
}));
writeSync(1, 'joined\n');
setInterval(() => undefined, 1000);
