import { hasTokenBeenMade } from '../../app/tokens/token-store.ts';
import type { Ports } from '../../app/ports.ts';
import { createPeriodic } from '../housekeeping/periodic.ts';

/** How long a door may stay open once there is a token. One point read and one query of LMDB each time, some 10 us a second; none once it is closed. */
const lookEveryMs = 1000;

/** Whether calls need a token. */
export interface Guard {
  readonly isClosed: boolean;
  start(): void;
  stop(): Promise<void>;
}

/**
 * Closes the door of a data folder for good as soon as a token has been made for it, by this process or another. `open`:
 * it stays open all the same. Rejects with a StateStoreError.
 */
export async function createGuard(ports: Ports, { open }: { readonly open: boolean }): Promise<Guard> {
  const { clock, telemetry } = ports;
  let isClosed = !open && (await hasTokenBeenMade(ports));
  const looking = createPeriodic({
    ...{ name: 'look for a first token', everyMs: lookEveryMs, clock, telemetry },
    async task() {
      if (isClosed || !(await hasTokenBeenMade(ports))) return;
      isClosed = true;
      telemetry.info('a token was made: calls need one from now on');
    },
  });
  const needsLooking = !open && !isClosed;
  return {
    get isClosed() {
      return isClosed;
    },
    start() {
      if (needsLooking) looking.start();
    },
    stop: () => (needsLooking ? looking.stop() : Promise.resolve()),
  };
}
