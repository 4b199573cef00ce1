import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { auditEvents, untilIdle } from '../audit/audit-events.ts';
import { Client } from '../clients/client.ts';
import type { Trial } from '../trial.ts';
import type { Phase } from './phase.ts';

const startMsMax = 1500;
const stopMsMax = 60;
const answersAwaited = 20;
const answersMsMax = 10_000;
const lookEveryMs = 5;

/** kill -9 at random instants: mostly at work, some while it starts, some while it stops. */
export const kills: Phase = {
  name: 'kills',
  async run(trial, rounds) {
    for (let round = 0; round < rounds; round += 1) {
      const draw = trial.prng.int(0, 9);
      if (draw === 0) await killWhileStarting(trial);
      else await killAtWork(trial, draw === 1);
    }
  },
};

async function killAtWork(trial: Trial, stopping: boolean): Promise<void> {
  const server = await trial.start();
  await lookAtEvents(trial, server);
  const working = trial.work(server);
  // Half of the times from the first answers on: a process's first requests take long, on a busy machine
  // above all.
  if (trial.prng.chance(0.5)) await untilAnswers(trial);
  await systemClock.sleep(trial.prng.chance(0.25) ? trial.prng.int(400, 3000) : trial.prng.int(20, 400));
  if (stopping) {
    void server.stop();
    await systemClock.sleep(trial.prng.int(0, stopMsMax));
  }
  await trial.kill();
  await working.end();
}

/** What the processes before have left: nothing is counted twice, and once all is settled nothing is lost. */
async function lookAtEvents(trial: Trial, server: ServerProcess): Promise<void> {
  const client = new Client(await server.ready, trial.ledgers);
  await auditEvents(client, trial.ledgers, false);
  // Half of the times, so that the others are killed before they have caught up.
  if (trial.prng.chance(0.5)) {
    await untilIdle(client, trial.ledgers);
    await auditEvents(client, trial.ledgers, true);
  }
  client.close();
}

async function killWhileStarting(trial: Trial): Promise<void> {
  trial.begin();
  await systemClock.sleep(trial.prng.int(0, startMsMax));
  await trial.kill();
}

async function untilAnswers({ ledgers: { tally } }: Trial): Promise<void> {
  const enough = tally.requests + answersAwaited;
  for (let waitedMs = 0; tally.requests < enough && waitedMs < answersMsMax; waitedMs += lookEveryMs) {
    await systemClock.sleep(lookEveryMs);
  }
}
