import { createDecideAds } from '../../../functions/decide-ads/decide-ads.ts';
import { createIngestAds } from '../../../functions/ingest-ads/ingest-ads.ts';
import { createSweepAds } from '../../../functions/sweep-ads/sweep-ads.ts';
import { createTrackAds } from '../../../functions/track-ads/track-ads.ts';
import type { ApiFunction } from '../../../lib/api/api-function.ts';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import type { Ports } from '../../../lib/app/ports.ts';
import { assert } from '../../../lib/core/assert.ts';
import type { BatchOutcome, RecordBatch } from '../../../lib/app/record-batch.ts';
import type { Ids } from '../../../lib/ports/ids.ts';
import { stageSettings, type FunctionName, type StageSettings } from '../../../lib/stages.ts';
import { Container } from '../../simulation/container.ts';
import { Kernel } from '../../simulation/kernel.ts';
import { simulateClock, simulateIds } from '../../simulation/ports/simulated-rest.ts';
import { enterVirtualTime } from '../../simulation/virtual-time.ts';
import type { MemoryEventLog } from '../../support/memory/memory-event-log.ts';
import { createMemoryExpirySchedule } from '../../support/memory/memory-expiry-schedule.ts';
import { createMemoryQuarantine } from '../../support/memory/memory-quarantine.ts';
import type { Prng } from '../../support/prng.ts';
import { toEvent, type Request } from '../../support/proxy-event.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';
import { assumed } from '../quotas.ts';
import { Services } from './services.ts';

const prod = stageSettings('prod');

/** Prod, with goals. */
export const goalSettings: StageSettings = {
  ...prod,
  delivery: { ...prod.delivery, accepts: true, goals: true, caps: true },
};

export interface GoalStageOptions {
  readonly seed: number;
  /** Those that decide. */
  readonly containers: number;
  /** Their clocks are up to this far from the true time, either way, milliseconds. Default: as in AWS. */
  readonly skewMs?: number;
  readonly settings?: StageSettings;
  /** Whether each decides equally often, or the first of 50 a quarter of the time and the last hardly ever. Default `even`. */
  readonly dispatch?: 'even' | 'warmest';
  /** True time at the beginning, milliseconds since 1970 UTC. Default: midnight. */
  readonly startMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const stepsMax = 1_000_000_000;
/** Containers of track-ads: nothing that they know lasts longer than a call. */
const trackers = 4;
const sweepEveryMs = 5 * 60_000;
const batchMax = { recordsMax: 10_000, bytesMax: Infinity };
const batchesMax = 50;

/** A container, and the function in it. */
interface Running {
  readonly container: Container;
  readonly api: ApiFunction;
}

/**
 * A stage of many containers in virtual time: the functions that decide, track, count, project and sweep, each over
 * ports of its own container. It is lighter than `Fleet`, so that whole days fit: no gateway, no cold starts, no quotas.
 */
export class GoalStage {
  readonly kernel: Kernel;
  readonly services: Services;
  readonly settings: StageSettings;
  readonly #skewMs: number;
  readonly #dispatch: 'even' | 'warmest';
  readonly #ids: Ids;
  readonly #prng: Prng;
  readonly #deciders: Running[];
  readonly #trackers: readonly Running[];
  readonly #writer: Running;
  /** Looks at the stage; no outage strikes it. */
  readonly #reader: ApiFunction;
  #opened = 0;
  kills = 0;

  constructor(options: GoalStageOptions) {
    const { seed, containers, skewMs = assumed.skewMs, settings = goalSettings } = options;
    const { startMs = virtualStartMs, dispatch = 'even' } = options;
    this.#dispatch = dispatch;
    this.kernel = new Kernel({ seed, stepsMax, startMs });
    this.settings = settings;
    this.services = new Services(this.kernel);
    this.#skewMs = skewMs;
    this.#ids = simulateIds(this.kernel.fork('ids'));
    this.#prng = this.kernel.fork('who answers');
    this.#deciders = Array.from({ length: containers }, () => this.#open('decide-ads', createDecideAds));
    this.#trackers = Array.from({ length: trackers }, () => this.#open('track-ads', createTrackAds));
    this.#writer = this.#open('ingest-ads', createIngestAds);
    const { ports } = this.#ports('decide-ads');
    this.#reader = createDecideAds({ ...ports, state: this.services.store });
  }

  /** Runs what `work` sets off until it resolves, for `limitMs` of virtual time at most. */
  async run<T>(work: () => Promise<T>, limitMs: number): Promise<T> {
    const { kernel } = this;
    const leave = enterVirtualTime(kernel);
    try {
      this.#consume();
      const done = await kernel.settle(Promise.try(work), limitMs);
      if (done === undefined) throw new Error(`not done after ${limitMs} ms of virtual time`);
      return done.value;
    } finally {
      leave();
    }
  }

  /** One of the containers that decide answers. `asked`: it wrote a ledger meanwhile. */
  async decide(request: Request): Promise<Answer & { readonly asked: boolean }> {
    const { container, api } = this.#decider();
    const before = this.services.ledgerWritesOf(container);
    const answered = await answer(api, request);
    return { ...answered, asked: this.services.ledgerWritesOf(container) > before };
  }

  track(request: Request): Promise<Answer> {
    return answer(this.#prng.pick(this.#trackers).api, request);
  }

  write(request: Request): Promise<Answer> {
    return answer(this.#writer.api, request);
  }

  read(request: Request): Promise<Answer> {
    return answer(this.#reader, request);
  }

  #decider(): Running {
    const share = this.#dispatch === 'even' ? this.#prng.float() : this.#prng.float() ** 3;
    const decider = this.#deciders[Math.floor(share * this.#deciders.length)];
    assert(decider !== undefined, 'a container that decides');
    return decider;
  }

  /** A container that decides dies, with the rights in its hand, and another one takes its place. */
  killOne(): void {
    const index = this.#prng.int(0, this.#deciders.length - 1);
    this.#deciders[index]?.container.kill('killed');
    this.#deciders[index] = this.#open('decide-ads', createDecideAds);
    this.kills += 1;
  }

  #consume(): void {
    const { increments, adEvents } = this.services;
    const aggregator = createAggregator(this.#ports('aggregate-increments').ports);
    const projector = createAdProjector(this.#ports('project-ads').ports);
    this.#follow(increments, 'aggregate-increments', (batch) => aggregator.aggregate(batch));
    this.#follow(adEvents, 'project-ads', (batch) => projector.project(batch));
    const sweep = createSweepAds(this.#ports('sweep-ads').ports);
    void this.kernel.spawn(async () => {
      for (;;) {
        await this.kernel.sleep(sweepEveryMs);
        // Its clock and store are virtual, and no time-out of Lambda is looked at.
        await sweep({}, {} as never);
      }
    });
  }

  /** Delivers the records of each shard in order, once the batching window after the first is over. */
  #follow(
    log: MemoryEventLog,
    consumer: 'aggregate-increments' | 'project-ads',
    settle: (batch: RecordBatch) => Promise<BatchOutcome>,
  ): void {
    const { kernel } = this;
    const windowMs = 1000 * this.settings.deliveries[consumer].maximumBatchingWindowSeconds;
    const settled = new Map<string, string>();
    const busy = new Set<string>();
    const drain = async (shardId: string): Promise<void> => {
      for (let tries = 0; tries < batchesMax; tries += 1) {
        const records = await log.read(shardId, settled.get(shardId), batchMax);
        if (records.length === 0) return;
        const batch = { stream: log.stream, epoch: log.epoch, shardId, records };
        const { lowestUnsettled } = await settle(batch);
        const end = records.findIndex(({ sequenceNumber }) => sequenceNumber === lowestUnsettled);
        const last = records.at(end < 0 ? -1 : end - 1);
        if (last !== undefined && end !== 0) settled.set(shardId, last.sequenceNumber);
        if (end >= 0) await kernel.sleep(windowMs);
      }
      throw new Error(`${consumer} has not settled ${shardId} after ${batchesMax} batches`);
    };
    log.onAppend((shardId) => {
      if (busy.has(shardId)) return;
      busy.add(shardId);
      void kernel.spawn(async () => {
        await kernel.sleep(windowMs + assumed.kinesisMs);
        await drain(shardId);
        busy.delete(shardId);
      });
    });
  }

  #open(name: FunctionName, create: (ports: Ports) => ApiFunction): Running {
    const { container, ports } = this.#ports(name);
    return { container, api: create(ports) };
  }

  #ports(functionName: FunctionName): { readonly container: Container; readonly ports: Ports } {
    const { kernel, services } = this;
    this.#opened += 1;
    const id = `${functionName}-${this.#opened}`;
    const prng = kernel.fork(`container/${id}`);
    const skewMs = prng.int(-this.#skewMs, this.#skewMs);
    const container = new Container({ kernel, id, functionName, skewMs, prng, pauses: false });
    const ports: Ports = {
      adEvents: services.logFor(container, services.adEvents),
      increments: services.logFor(container, services.increments),
      state: services.storeFor(container),
      schedule: createMemoryExpirySchedule(),
      quarantine: createMemoryQuarantine(),
      clock: simulateClock(container),
      ids: this.#ids,
      telemetry: nullTelemetry,
      settings: this.settings,
    };
    return { container, ports };
  }
}

async function answer(api: ApiFunction, request: Request): Promise<Answer> {
  const { statusCode: status, body } = await api(toEvent(request));
  return { status, body };
}
