import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { errorName } from '../../ports/port-error.ts';
import type { Part } from '../parts.ts';
import { waitAtMost } from '../../app/wait-at-most.ts';

export interface PeriodicOptions {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  /** A failure is logged, and the next run is on time. */
  readonly task: () => unknown;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export interface Periodic extends Part {
  /** The first run is `everyMs` later. */
  start(): void;
  /** No further run; resolves when the one under way has ended, or 10 s later at the latest. */
  stop(): Promise<void>;
}

const stopWaitMs = 10_000;

/** Runs a task every `everyMs`. Runs never overlap: turns that come while one still runs are skipped. */
export function createPeriodic({ name, everyMs, task, clock, telemetry }: PeriodicOptions): Periodic {
  if (!(everyMs > 0)) throw new RangeError(`a period of ${everyMs} ms`);
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let running: Promise<void> | undefined;

  const runOnce = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      telemetry.error('a periodic task failed; its next run is on time', {
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
    name,
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort('stopped');
      await waitAtMost(clock, stopWaitMs, running);
    },
  };
}

/** The next turn: always a later one, even if rounding of the clock makes it due now. */
function nextTurn(elapsedMs: number, everyMs: number, lastTurn: number): number {
  return Math.max(lastTurn, Math.floor(elapsedMs / everyMs)) + 1;
}
