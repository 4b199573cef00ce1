import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import type { Prng } from '../../support/prng.ts';
import type { JumpOrder } from '../process/jumping-clock.ts';
import type { Phase } from './phase.ts';

const hourMs = 3_600_000;
const jumpsPerLife = 8;

/**
 * The wall clock jumps up to an hour off the true time, forwards and back, at work and over restarts by kill
 * -9.
 */
export const clockJumps: Phase = {
  name: 'clock jumps',
  async run(trial, rounds) {
    const { prng, ledgers } = trial;
    for (let left = rounds; left > 0; left -= jumpsPerLife) {
      const server = await trial.start({ shiftMs: drawShift(prng) });
      const working = trial.work(server);
      for (let jump = 0; jump < Math.min(left, jumpsPerLife); jump += 1) {
        await systemClock.sleep(prng.int(30, 300));
        const order = { shiftMs: drawShift(prng), afterReadings: prng.int(0, 200) };
        ledgers.clock.ordered(order.shiftMs);
        server.send(order satisfies JumpOrder);
      }
      await systemClock.sleep(prng.int(20, 300));
      await trial.kill();
      await working.end();
    }
  },
};

/** Half of them within seconds, where the ends of ads are. */
function drawShift(prng: Prng): number {
  return prng.chance(0.5) ? prng.int(-3000, 3000) : prng.int(-hourMs, hourMs);
}
