import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { errorName } from '../../ports/port-error.ts';

export interface PeriodicOptions {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  /** A rejection is logged, and the next turn comes as usual. */
  readonly task: () => Promise<unknown>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface Periodic {
  /** The first run is `everyMs` later. */
  start(): void;
  /** No further run; resolves when the one under way has ended, or 10 s later at the latest. */
  stop(): Promise<void>;
}

const stopWaitMs = 10_000;

/** Runs a task each `everyMs`. Runs never overlap: turns that pass while one takes longer are left out. */
export function createPeriodic({ name, everyMs, task, clock, telemetry }: PeriodicOptions): Periodic {
  if (!(everyMs > 0)) throw new RangeError(`a period of ${everyMs} ms`);
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let running: Promise<void> | undefined;

  const runOnce = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      telemetry.error('a periodic task failed, its next turn comes as usual', {
        name,
        error: errorName(error),
      });
    }
  };

  const run = async (): Promise<void> => {
    const startedAtMs = clock.monotonicMs();
    for (let turn = 1; !isStopping(); turn = nextTurn(clock.monotonicMs() - startedAtMs, everyMs, turn)) {
      await clock.sleep(startedAtMs + turn * everyMs - clock.monotonicMs(), stopping.signal);
      if (!isStopping()) await runOnce();
    }
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort('stopped');
      const timer = new AbortController();
      await Promise.race([running, clock.sleep(stopWaitMs, timer.signal)]);
      timer.abort('stopped');
    },
  };
}

/** The next turn that is still to come: always a later one, even where the clock's rounding says it is due now. */
function nextTurn(elapsedMs: number, everyMs: number, lastTurn: number): number {
  return Math.max(lastTurn, Math.floor(elapsedMs / everyMs)) + 1;
}
