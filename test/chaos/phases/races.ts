import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { ServerProcess } from '../process/server-process.ts';
import type { Trial } from '../trial.ts';
import { expectRefused } from './expect-refused.ts';
import type { Phase } from './phase.ts';

/** Processes that are started on one folder at once, some while the last one is still dying: exactly one serves. */
export const races: Phase = {
  name: 'races',
  async run(trial, rounds) {
    let killed = Promise.resolve();
    for (let round = 0; round < rounds; round += 1) {
      const racers = Array.from(
        { length: trial.prng.int(2, 3) },
        () => new ServerProcess({ folder: trial.folder }),
      );
      const winner = await firstReady(racers);
      if (winner === undefined) {
        trial.books.findings.add(
          'process',
          `none of ${racers.length} processes serves: ${racers[0]?.output ?? ''}`,
        );
        continue;
      }
      await killed;
      trial.adopt(winner);
      await trial.serves(winner);
      const losers = racers.filter((racer) => racer !== winner);
      await Promise.all(losers.map((loser) => expectRefused(trial.books, loser)));
      killed = (await serveAndDie(trial, winner)).ended;
    }
    await killed;
  },
};

async function serveAndDie(trial: Trial, winner: ServerProcess): Promise<{ readonly ended: Promise<void> }> {
  const working = trial.work(winner);
  await systemClock.sleep(trial.prng.int(20, 400));
  // The next ones may come while this one dies.
  const killed = trial.kill();
  if (trial.prng.chance(0.5)) await killed;
  return { ended: killed.then(() => working.end()) };
}

async function firstReady(racers: readonly ServerProcess[]): Promise<ServerProcess | undefined> {
  try {
    return await Promise.any(racers.map((racer) => racer.ready.then(() => racer)));
  } catch {
    return undefined;
  }
}
