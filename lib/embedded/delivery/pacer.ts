import type { Clock } from '../../ports/clock.ts';

/** Lets timers and sockets run while a loop works on a backlog and never waits. */
export interface Pacer {
  /** Await it before a unit of work. undefined: no rest is needed yet. */
  rest(): Promise<void> | undefined;
}

const busyMsMax = 10;

/** Rests after `busyMsMax` without a rest; loops that share a pacer rest together. */
export function createPacer(clock: Clock): Pacer {
  let restedAtMs = clock.monotonicMs();
  let resting: Promise<void> | undefined;
  const rest = async (): Promise<void> => {
    await clock.sleep(0);
    restedAtMs = clock.monotonicMs();
    resting = undefined;
  };
  return {
    rest() {
      if (resting === undefined && clock.monotonicMs() - restedAtMs >= busyMsMax) resting = rest();
      return resting;
    },
  };
}
