import type { Clock } from '../../ports/clock.ts';
import type { ExpiryInput } from '../../ports/expiry-schedule.ts';
import type { ScheduledExpiry, ScheduleReader } from '../../ports/schedule-reader.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { backoffMs } from '../../core/backoff.ts';
import { Invoker } from '../delivery/invoker.ts';
import { errorName } from '../../ports/port-error.ts';
import type { Part } from '../parts.ts';
import { waitAtMost } from '../../app/wait-at-most.ts';

export interface ScheduleTimerOptions {
  readonly reader: ScheduleReader;
  /** Invokes the target; may be called twice for one schedule. */
  readonly fire: (input: ExpiryInput) => Promise<unknown>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** A firing that takes longer counts as failed. It may still run. */
  readonly functionTimeoutMs: number;
}

export interface ScheduleTimer extends Part {
  start(): void;
  /**
   * Fires nothing further; resolves when the firings under way have ended, at most `functionTimeoutMs` and 5
   * s later.
   */
  stop(): Promise<void>;
}

/**
 * EventBridge Scheduler tries 185 times within 24 h and then drops the firing. Here, with these pauses, 30
 * tries take about 25 minutes. Then the sweep finds the ad, as on AWS.
 */
export const triesMax = 30;
const backoff = { firstMs: 1000, longestMs: 60_000 };

/** A schedule that is set while the timer sleeps is noticed within this time. */
const pollIntervalMs = 1000;

const firedTogetherMax = 10;
const dueMax = 100;
/**
 * Failed firings that are remembered between their tries. `due` returns the earliest, so each call requests
 * this many more.
 */
const retryingMax = 900;
const stopGraceMs = 5000;

interface Retry {
  readonly tries: number;
  readonly notBeforeMs: number;
}

/**
 * Fires schedules when they are due: at least once, with retries, and completes them when the target has
 * answered.
 */
export function createScheduleTimer(options: ScheduleTimerOptions): ScheduleTimer {
  return new PollingTimer(options);
}

class PollingTimer implements ScheduleTimer {
  readonly name = 'schedule timer';
  readonly #options: ScheduleTimerOptions;
  readonly #stop = new AbortController();
  readonly #invoker: Invoker;
  /** By schedule name. A restart loses them: counting begins again, which only adds tries. */
  readonly #retries = new Map<string, Retry>();
  #running: Promise<void> | undefined;

  constructor(options: ScheduleTimerOptions) {
    this.#options = options;
    const { clock, functionTimeoutMs: timeoutMs } = options;
    this.#invoker = new Invoker({ clock, timeoutMs, stop: this.#stop.signal });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort('stopped');
    const { clock, functionTimeoutMs } = this.#options;
    await waitAtMost(clock, functionTimeoutMs + stopGraceMs, this.#running);
  }

  async #run(): Promise<void> {
    const { clock, telemetry } = this.#options;
    while (!this.#stopping()) {
      let pauseMs = pollIntervalMs;
      try {
        pauseMs = await this.#fireDue();
      } catch (error) {
        telemetry.warn('could not look up schedules, will try again', { error: errorName(error) });
      }
      await clock.sleep(pauseMs, this.#stop.signal);
    }
  }

  /** Fires what is due now; resolves to the pause before the next look. */
  async #fireDue(): Promise<number> {
    const { reader, clock } = this.#options;
    const nowMs = clock.nowMs();
    const limit = dueMax + Math.min(this.#retries.size, retryingMax);
    const due = await reader.due(nowMs, limit);
    if (due.length < limit) this.#forgetCleared(due);
    const monotonicMs = clock.monotonicMs();
    const ready = due.filter(({ name }) => (this.#retries.get(name)?.notBeforeMs ?? 0) <= monotonicMs);
    const batch = ready.slice(0, dueMax);
    for (let i = 0; i < batch.length && !this.#stopping(); i += firedTogetherMax) {
      await Promise.all(batch.slice(i, i + firedTogetherMax).map((schedule) => this.#fire(schedule)));
    }
    if (batch.length === dueMax) return 0;
    const nextAtMs = await reader.next();
    const untilNextMs = nextAtMs === undefined ? pollIntervalMs : nextAtMs - clock.nowMs();
    // Already due: it was set just now or waits for its next try. A check each second finds both.
    return untilNextMs > 0 ? Math.min(pollIntervalMs, untilNextMs) : pollIntervalMs;
  }

  async #fire({ name, input, atMs }: ScheduledExpiry): Promise<void> {
    const { reader, fire, clock, telemetry } = this.#options;
    await this.#invoker.room();
    if (this.#stopping()) return;
    const result = await this.#invoker.call(() => fire(input));
    if (result.type !== 'returned') {
      const tries = (this.#retries.get(name)?.tries ?? 0) + 1;
      const error = result.type === 'thrown' ? errorName(result.error) : result.type;
      const lateMs = clock.nowMs() - atMs;
      if (tries < triesMax) {
        this.#retries.set(name, { tries, notBeforeMs: clock.monotonicMs() + backoffMs(tries, backoff) });
        telemetry.warn('a schedule did not fire, will try again', { name, tries, error, lateMs });
        return;
      }
      telemetry.error('a schedule is dropped; the sweep will find its ad', { name, tries, error, lateMs });
    }
    this.#retries.delete(name);
    try {
      await reader.complete(name);
    } catch (error) {
      telemetry.warn('a fired schedule could not be removed and will fire again', {
        name,
        error: errorName(error),
      });
    }
  }

  /** `due` holds everything that is due: any other retry was cleared. */
  #forgetCleared(due: readonly ScheduledExpiry[]): void {
    if (this.#retries.size === 0) return;
    const names = new Set(due.map(({ name }) => name));
    for (const name of this.#retries.keys()) if (!names.has(name)) this.#retries.delete(name);
  }

  #stopping(): boolean {
    return this.#stop.signal.aborted;
  }
}
