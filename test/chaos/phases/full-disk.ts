import {
  closeSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFile } from '../../../lib/adapters/lmdb/data-file.ts';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { Client } from '../clients/client.ts';
import { createLargeAds } from '../clients/large-ads.ts';
import type { StartOptions, Trial } from '../trial.ts';
import { requireTool, runTool, type Phase } from './phase.ts';

/** A way to take a process's room to write, and to give it back. */
interface Room {
  /** For a process that starts where there is none. */
  options(): StartOptions;
  take(server: ServerProcess): void;
  giveBack(server: ServerProcess): void;
}

const mebibyte = 1024 * 1024;
const diskBytes = 512 * mebibyte;
const leftMebibytesMax = 36;

/** A small file system in memory, filled up by another program. Needs the right to mount. */
export const smallDisk: Phase = {
  name: 'small disk',
  makeParent() {
    const parent = mkdtempSync(join(tmpdir(), 'adtally-disk-'));
    try {
      requireTool(
        'this user may not mount a file system',
        'mount',
        '-t',
        'tmpfs',
        '-o',
        `size=${diskBytes}`,
        'adtally-chaos',
        parent,
      );
    } catch (error) {
      rmdirSync(parent);
      throw error;
    }
    const dispose = (): void => {
      runTool('umount', parent);
      rmdirSync(parent);
    };
    return { parent, dispose };
  },
  run(trial, rounds) {
    const ballast = join(trial.folder, '..', 'ballast');
    return fillAndFree(trial, rounds, {
      options: () => ({}),
      take: () => {
        fill(ballast, trial.prng.int(0, leftMebibytesMax) * mebibyte);
      },
      giveBack: () => {
        rmSync(ballast);
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

const moreBytesMax = 6 * mebibyte;

/**
 * A limit on the size of files (RLIMIT_FSIZE), set and lifted while the process runs: a write fails at that
 * length.
 */
export const smallFile: Phase = {
  name: 'small file',
  assertPossible() {
    requireTool('there is no prlimit here', 'prlimit', '--version');
  },
  run(trial, rounds) {
    const limit = (): number => statSync(dataFile(trial.folder)).size + trial.prng.int(0, moreBytesMax);
    const setLimit = ({ pid }: ServerProcess, softLimit: number | 'unlimited'): void => {
      runTool('prlimit', '--pid', String(pid), `--fsize=${softLimit}:unlimited`);
    };
    return fillAndFree(trial, rounds, {
      options: () => ({ fileBytesMax: limit() }),
      take: (server) => {
        setLimit(server, limit());
      },
      giveBack: (server) => {
        setLimit(server, 'unlimited');
      },
    });
  },
};

/**
 * Room runs out while clients write: writes are refused, and reads are answered; some processes are killed
 * meanwhile, and the next one starts without room; when it is back, writes are taken again.
 */
async function fillAndFree(trial: Trial, rounds: number, room: Room): Promise<void> {
  const { prng, ledgers } = trial;
  const { tally, findings } = ledgers;
  for (let round = 0; round < rounds; round += 1) {
    let server = await trial.start();
    let working = trial.work(server);
    await systemClock.sleep(prng.int(20, 400));
    room.take(server);
    if (!(await fillUp(trial, server))) findings.add('answer', 'there is no room and nothing is refused');
    await expectReads(trial, server);
    if (prng.chance(0.5)) {
      await trial.kill();
      await working.end();
      server = await trial.start(room.options());
      working = trial.work(server);
      await expectReads(trial, server);
    }
    await systemClock.sleep(prng.int(100, 1000));
    room.giveBack(server);
    if (!(await grows(() => tally.acknowledged, 50)))
      findings.add('answer', 'there is room and nothing is taken');
    if (prng.chance(0.5)) await trial.kill();
    else await server.stop();
    await working.end();
  }
}

async function expectReads({ ledgers }: Trial, server: ServerProcess): Promise<void> {
  const client = new Client(server.url, ledgers);
  for (const path of ['/api/v1/ad?limit=5', '/api/v1/counters?key=keyed-hot', '/api/v1/ads?limit=5']) {
    if ((await client.read(path)) === undefined)
      ledgers.findings.add('answer', `no room, and GET ${path} is refused as well`);
  }
  client.close();
}

/** Writes more than there is room for; false: nothing was refused all the same. */
async function fillUp({ ledgers }: Trial, server: ServerProcess): Promise<boolean> {
  const state = { filling: true };
  const filling = createLargeAds(ledgers, server.url, () => !state.filling);
  const refused = await grows(() => ledgers.tally.refused, 20);
  state.filling = false;
  await filling;
  return refused;
}

const waitMsMax = 30_000;
const pollMs = 20;

/** Whether a count grows by this number within half a minute. */
async function grows(count: () => number, by: number): Promise<boolean> {
  const enough = count() + by;
  for (let waitedMs = 0; waitedMs < waitMsMax; waitedMs += pollMs) {
    if (count() >= enough) return true;
    await systemClock.sleep(pollMs);
  }
  return false;
}
