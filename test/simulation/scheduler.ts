import type { ExpiryInput } from '../../lib/ports/expiry-schedule.ts';
import type { ScheduleReader } from '../../lib/ports/schedule-reader.ts';
import type { Containers } from './containers.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';

export interface SchedulerOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly containers: Containers;
  readonly schedule: ScheduleReader;
  /** Hours pass in which nothing else happens: few sweeps show as much as many. */
  readonly paused: () => boolean;
}

const lookEveryMs = 15_000;
const sweepEveryMs = 300_000;
const sweepEveryPausedMs = 3_600_000;
const triesMax = 6;
const dueMax = 100;
const dayMs = 24 * 3_600_000;

/** EventBridge Scheduler and the sweep's timer: within a minute when all is well; else late, twice, never. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #prng;
  #stopped = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#prng = options.kernel.fork('scheduler');
  }

  start(): void {
    const { kernel } = this.#options;
    void kernel.spawn(() => this.#fireForEver());
    void kernel.spawn(() => this.#sweepForEver());
  }

  stop(): void {
    this.#stopped = true;
  }

  async #fireForEver(): Promise<void> {
    const { kernel, schedule } = this.#options;
    while (!this.#stopped) {
      await kernel.sleep(lookEveryMs);
      for (const { name, input } of await schedule.due(Math.floor(kernel.nowMs()), dueMax)) {
        await schedule.complete(name);
        this.#plan(input);
      }
    }
  }

  #plan(input: ExpiryInput): void {
    const { faults } = this.#options;
    if (!faults.strikes('schedule-unreliable')) {
      this.#fire(input, this.#prng.int(0, 45_000));
      return;
    }
    const prng = faults.prng('schedule-unreliable');
    const how = prng.int(1, 3);
    if (how === 1) return;
    this.#fire(input, how === 2 ? prng.int(0, dayMs) : 0);
    if (how === 3) this.#fire(input, prng.int(0, 60_000));
  }

  #fire(input: ExpiryInput, afterMs: number): void {
    const { kernel, containers } = this.#options;
    void kernel.spawn(async () => {
      await kernel.sleep(afterMs);
      for (let tries = 1; tries <= triesMax; tries += 1) {
        try {
          await containers.invoke('expire-ad', input);
          return;
        } catch {
          await kernel.sleep(1000 * 2 ** tries);
        }
      }
    });
  }

  async #sweepForEver(): Promise<void> {
    const { kernel, containers, faults, paused } = this.#options;
    while (!this.#stopped) {
      await kernel.sleep(paused() ? sweepEveryPausedMs : sweepEveryMs);
      if (faults.strikes('schedule-unreliable')) continue;
      try {
        await containers.invoke('sweep-ads', {});
      } catch {
        // The next one goes on.
      }
    }
  }
}
