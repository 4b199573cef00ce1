import { Distribution } from '../../adapters/system/distribution.ts';
import type { Clock } from '../../ports/clock.ts';

/** How often the lag is taken: often enough to meet a pause of some length, too seldom to cost anything. */
const intervalMs = 50;

export interface EventLoopLag {
  /** How much later than asked a timer came, milliseconds. */
  readonly distribution: Distribution;
  stop(): Promise<void>;
}

/** Asks the clock to be woken and looks how late that is: work that holds up the event loop holds up requests too. */
export function watchEventLoop(clock: Pick<Clock, 'monotonicMs' | 'sleep'>): EventLoopLag {
  const distribution = new Distribution();
  const stopping = new AbortController();
  const watch = async (): Promise<void> => {
    let dueMs = 0;
    do {
      if (dueMs > 0) distribution.observe(Math.max(0, clock.monotonicMs() - dueMs));
      dueMs = clock.monotonicMs() + intervalMs;
      await clock.sleep(intervalMs, stopping.signal);
    } while (!stopping.signal.aborted);
  };
  const watching = watch();
  return {
    distribution,
    async stop() {
      stopping.abort('stopped');
      await watching;
    },
  };
}
