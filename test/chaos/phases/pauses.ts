import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { ServerProcess } from '../process/server-process.ts';
import { expectRefused } from './expect-refused.ts';
import type { Phase } from './phase.ts';

const pauseMsMax = 3000;

/**
 * SIGSTOP, up to three seconds, SIGCONT, as a machine that sleeps or swaps; some of the stopped are killed instead of
 * woken, and while some are stopped another process is started on their folder, in vain.
 */
export const pauses: Phase = {
  name: 'pauses',
  async run(trial, rounds) {
    const { prng, books } = trial;
    for (let left = rounds; left > 0;) {
      const server = await trial.start();
      const working = trial.work(server);
      do {
        left -= 1;
        await systemClock.sleep(prng.int(20, 400));
        server.pause();
        books.tally.pauses += 1;
        if (prng.chance(0.3)) {
          await expectRefused(books, new ServerProcess({ folder: trial.folder }));
        } else await systemClock.sleep(prng.int(0, pauseMsMax));
        if (prng.chance(0.25)) break;
        server.resume();
      } while (left > 0);
      await systemClock.sleep(prng.int(0, 400));
      await trial.kill();
      await working.end();
    }
  },
};
