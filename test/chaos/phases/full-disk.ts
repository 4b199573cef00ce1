import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import type { ServerOptions, ServerProcess } from '../process/server-process.ts';
import { createLargeAds } from '../clients/large-ads.ts';
import { Client } from '../clients/client.ts';
import { askAnswered } from '../audit/ask-answered.ts';
import type { Trial } from '../trial.ts';

/** A way to leave a process no room to write, and to give it back. */
export interface Room {
  /** For a process that starts where there is none. */
  options(trial: Trial): Omit<ServerOptions, 'folder'>;
  take(trial: Trial, server: ServerProcess): Promise<void>;
  giveBack(server: ServerProcess): Promise<void>;
}

const waitMsMax = 30_000;
const pollMs = 20;

/**
 * Room runs out while clients write: writes are refused, and reads are answered; some processes are killed meanwhile, and
 * the next one starts without room; when it is back, writes are taken again.
 */
export async function fillAndFree(trial: Trial, rounds: number, room: Room): Promise<void> {
  const { prng, books } = trial;
  const { tally, findings } = books;
  for (let round = 0; round < rounds; round += 1) {
    let server = await trial.start();
    let working = trial.work(server);
    await systemClock.sleep(prng.int(20, 400));
    await room.take(trial, server);
    if (!(await fillUp(trial, server))) findings.add('answer', 'there is no room and nothing is refused');
    await expectReads(trial, server);
    if (prng.chance(0.5)) {
      await trial.kill();
      await working.end();
      server = await trial.start(room.options(trial));
      working = trial.work(server);
      await expectReads(trial, server);
    }
    await systemClock.sleep(prng.int(100, 1000));
    await room.giveBack(server);
    if (!(await grows(() => tally.acknowledged, 50)))
      findings.add('answer', 'there is room and nothing is taken');
    if (prng.chance(0.5)) await trial.kill();
    else await server.stop();
    await working.end();
  }
}

async function expectReads(trial: Trial, server: ServerProcess): Promise<void> {
  const client = new Client(await server.ready, trial.books);
  for (const path of ['/api/v1/ad?limit=5', '/api/v1/counters?key=keyed-hot', '/api/v1/ads?limit=5']) {
    const answer = await askAnswered(client, path);
    if (answer === undefined)
      trial.books.findings.add('answer', `no room, and GET ${path} is refused as well`);
  }
  client.close();
}

/** Writes more than there is room for; false: nothing was refused all the same. */
async function fillUp(trial: Trial, server: ServerProcess): Promise<boolean> {
  const state = { filling: true };
  const filling = createLargeAds(trial, await server.ready, () => !state.filling);
  const refused = await grows(() => trial.books.tally.refused, 20);
  state.filling = false;
  await filling;
  return refused;
}

/** Whether a count grows by so much within half a minute. */
async function grows(count: () => number, by: number): Promise<boolean> {
  const enough = count() + by;
  for (let waitedMs = 0; waitedMs < waitMsMax; waitedMs += pollMs) {
    if (count() >= enough) return true;
    await systemClock.sleep(pollMs);
  }
  return false;
}
