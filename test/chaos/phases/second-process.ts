import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { NotStartedError, ServerProcess } from '../../support/server-process.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import type { Trial } from '../trial.ts';
import type { Phase } from './phase.ts';

const pauseMsMax = 3000;

/**
 * SIGSTOP, up to three seconds, SIGCONT, as a machine that sleeps or swaps; some of the stopped are killed
 * instead of woken, and while some are stopped another process is started on their folder, in vain.
 */
export const pauses: Phase = {
  name: 'pauses',
  async run(trial, rounds) {
    const { prng, ledgers } = trial;
    for (let left = rounds; left > 0;) {
      const server = await trial.start();
      const working = trial.work(server);
      do {
        left -= 1;
        await systemClock.sleep(prng.int(20, 400));
        server.signal('SIGSTOP');
        ledgers.tally.pauses += 1;
        if (prng.chance(0.3)) {
          await expectRefused(ledgers, new ServerProcess({ folder: trial.folder }));
        } else await systemClock.sleep(prng.int(0, pauseMsMax));
        if (prng.chance(0.25)) break;
        server.signal('SIGCONT');
      } while (left > 0);
      await systemClock.sleep(prng.int(0, 400));
      await trial.kill();
      await working.end();
    }
  },
};

/**
 * Processes that are started on one folder together, some while the last one is still dying: exactly one
 * serves.
 */
export const races: Phase = {
  name: 'races',
  async run(trial, rounds) {
    const { findings } = trial.ledgers;
    let killed = Promise.resolve();
    for (let round = 0; round < rounds; round += 1) {
      const racers = Array.from(
        { length: trial.prng.int(2, 3) },
        () => new ServerProcess({ folder: trial.folder }),
      );
      const winner = await firstReady(racers);
      if (winner === undefined) {
        findings.add('process', `none of ${racers.length} processes serves: ${racers[0]?.output ?? ''}`);
        continue;
      }
      await killed;
      trial.adopt(winner);
      await trial.serves(winner);
      const losers = racers.filter((racer) => racer !== winner);
      await Promise.all(losers.map((loser) => expectRefused(trial.ledgers, loser)));
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

/** While another one has the folder a process must end by itself, with code 1, and say why. */
async function expectRefused({ findings }: Ledgers, server: ServerProcess): Promise<void> {
  try {
    await server.ready;
    findings.add('process', 'two processes serve one folder');
    await server.kill();
  } catch (error) {
    if (!(error instanceof NotStartedError)) throw error;
    const { exit, message } = error;
    if (exit.code !== 1 || !/is in use by/.test(message)) {
      findings.add('process', `a second process on one folder: ${message}`);
    }
  }
}
