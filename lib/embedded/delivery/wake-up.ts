import { assert } from '../../core/assert.ts';
import type { Clock } from '../../ports/clock.ts';

/** Lets one loop wait until something changes. A wake that comes before the wait is kept, so none is lost. */
export interface WakeUp {
  /** Ends the wait under way; if there is none, the next one ends immediately. */
  wake(): void;
  /**
   * Resolves at the next wake, or after `durationMs` if given; perhaps too early, so check again. One waiter
   * at a time.
   */
  wait(durationMs?: number): Promise<void>;
}

/** Given to `abort`, which otherwise builds an exception with a stack for each wake. */
const woken = 'woken';

export function createWakeUp(clock: Clock): WakeUp {
  let pending = false;
  let end: (() => void) | undefined;

  return {
    wake() {
      if (end === undefined) pending = true;
      else end();
    },
    async wait(durationMs) {
      assert(end === undefined, 'one waiter at a time');
      if (pending) {
        pending = false;
        return;
      }
      if (durationMs === undefined) {
        await new Promise<void>((resolve) => {
          end = resolve;
        });
      } else {
        const sleep = new AbortController();
        end = () => {
          sleep.abort(woken);
        };
        await clock.sleep(durationMs, sleep.signal);
      }
      end = undefined;
    },
  };
}
