import type { KinesisStreamEvent } from 'aws-lambda';
import {
  createEventSourceMapping,
  type EventSourceMapping,
} from '../../lib/embedded/delivery/event-source-mapping.ts';
import type { FailureRecord } from '../../lib/embedded/delivery/failure-record.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { DeliverySettings } from '../../lib/stages.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';
import type { ObservedLog } from './ports/observed-log.ts';
import { Checkpoints, hostileReader } from './hostile-reader.ts';
import type { Life } from './life.ts';

export type Consumer = 'project-ads' | 'aggregate-increments';

export interface DeliveryOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly consumer: Consumer;
  readonly log: ObservedLog;
  readonly settings: () => DeliverySettings;
  readonly invoke: (event: KinesisStreamEvent) => Promise<unknown>;
  readonly onFailure: (record: FailureRecord) => Promise<void>;
  readonly functionTimeoutMs: number;
}

/** One mapping of a stream to its consumer, through all the pollers that it is given one after the other. */
export class Delivery {
  readonly options: DeliveryOptions;
  readonly #checkpoints = new Checkpoints();
  #mapping: EventSourceMapping | undefined;
  #life: Life | undefined;

  constructor(options: DeliveryOptions) {
    this.options = options;
  }

  get running(): boolean {
    return this.#mapping !== undefined;
  }

  /** Does nothing when a poller is there: an incident and the rest phase may both find none and start one. */
  start(): void {
    if (this.running) return;
    const { kernel, faults, consumer, log, invoke, onFailure, functionTimeoutMs } = this.options;
    const life: Life = { dead: false };
    const clock = mortalClock(kernel, life);
    const { stream, epoch } = log.log;
    this.#life = life;
    this.#mapping = createEventSourceMapping({
      ...{ consumer, clock, invoke, onFailure, functionTimeoutMs },
      settings: this.options.settings(),
      streamArn: `arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-simulated-${stream}.${epoch}`,
      reader: hostileReader({ kernel, faults, log: log.log, checkpoints: this.#checkpoints, life }),
      telemetry: nullTelemetry,
    });
    this.#mapping.start();
    kernel.tell(`poller of ${stream}.${epoch} starts`);
  }

  /** The poller dies: nothing of it goes on but the invocations it has begun. */
  crash(): void {
    if (this.#life === undefined) return;
    this.#life.dead = true;
    this.#mapping = undefined;
    this.options.kernel.tell(`poller of ${this.options.log.log.stream} dies`);
  }

  /** Ends in order, as when a mapping is switched off. Its successor may start before it has ended. */
  async stop(): Promise<void> {
    const mapping = this.#mapping;
    const life = this.#life;
    this.#mapping = undefined;
    await mapping?.stop();
    if (life !== undefined) life.dead = true;
  }

  /** The next poller finds a checkpoint up to `back` writes old; Infinity: none. */
  forget(back: number): void {
    this.#checkpoints.forget(back);
  }

  async idle(): Promise<void> {
    if (this.#mapping === undefined) throw new Error('no poller to become idle');
    await this.#mapping.idle();
  }
}

function mortalClock(kernel: Kernel, life: Life): Clock {
  return {
    nowMs: () => Math.floor(kernel.nowMs()),
    monotonicMs: () => kernel.elapsedMs,
    sleep: (durationMs, signal) =>
      new Promise((resolve) => {
        void kernel.sleep(durationMs, signal).then(() => {
          if (!life.dead) resolve();
        });
      }),
  };
}
