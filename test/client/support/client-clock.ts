import type { ClientClock } from '../../../client/index.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

/** A virtual clock as the client wants it. */
export function clientClock(clock: VirtualClock): ClientClock {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    after: (durationMs, callback) => {
      const controller = new AbortController();
      void clock.sleep(durationMs, controller.signal).then(() => {
        if (!controller.signal.aborted) callback();
      });
      return () => {
        controller.abort();
      };
    },
  };
}
