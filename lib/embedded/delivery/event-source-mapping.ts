import { assert } from '../../core/assert.ts';
import type { Shard } from '../../ports/log-reader.ts';
import type { DeliverySettings } from '../../stages.ts';
import type { Backoff } from '../../core/backoff.ts';
import type { Part } from '../parts.ts';
import { waitAtMost } from '../../app/wait-at-most.ts';
import { Invoker } from './invoker.ts';
import { stopping, untilItWorks, type MappingContext, type MappingSource } from './mapping-context.ts';
import { createShardDelivery, type ShardDelivery, type ShardStats } from './mapping-shard.ts';
import { createPacer } from './pacer.ts';
import { createWakeUp } from './wake-up.ts';

export interface EventSourceMappingOptions extends MappingSource {
  /** An invocation that takes longer counts as failed. It may still run beside its retry. */
  readonly functionTimeoutMs: number;
}

export interface MappingStats {
  /** Shards being read, without those read to their end. */
  readonly shards: readonly ShardStats[];
  readonly invocationsRunning: number;
  /** Invocations that timed out and still run. */
  readonly zombies: number;
}

export interface EventSourceMapping extends Part {
  start(): void;
  /**
   * Begins no further invocation, waits for those running (at most `functionTimeoutMs`) and writes the
   * checkpoints. Resolves at most 5 s after that, even if something hangs. Unsettled records are delivered
   * again at the next start.
   */
  stop(): Promise<void>;
  /**
   * Resolves when everything appended before the call is settled; rejects when the mapping is stopped first.
   */
  idle(): Promise<void>;
  stats(): MappingStats;
}

/** Pauses between tries; below the 10 s of promise G2, so that delivery resumes soon after an outage. */
const backoff: Backoff = { firstMs: 100, longestMs: 5000 };

/** New and closed shards are noticed within this time. */
const listIntervalMs = 1000;

const stopGraceMs = 5000;

/**
 * Delivers the records of a stream to a function with the semantics of a Lambda event source mapping for
 * Kinesis: batches of one shard, in order per partition key, at least once. It reads only the log and the
 * clock, so that the simulator can run the same loop. A broken invariant becomes an unhandled rejection,
 * which ends the process.
 */
export function createEventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  assertSettings(options.settings);
  return new Mapping(options);
}

class Mapping implements EventSourceMapping {
  readonly name: string;
  readonly #context: MappingContext;
  readonly #functionTimeoutMs: number;
  readonly #stop = new AbortController();
  readonly #wakeUp;
  /** Being read. */
  readonly #active = new Map<string, { delivery: ShardDelivery; running: Promise<void> }>();
  /** Settled to their end, and still listed. */
  readonly #ended = new Set<string>();
  #listed: ReadonlySet<string> = new Set();
  #onListing: (() => void)[] = [];
  #unsubscribe: (() => void) | undefined;
  #coordinating: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor({ functionTimeoutMs, ...options }: EventSourceMappingOptions) {
    const { clock } = options;
    const stop = this.#stop.signal;
    this.name = `delivery to ${options.consumer}`;
    this.#functionTimeoutMs = functionTimeoutMs;
    this.#context = {
      ...options,
      backoff,
      stop,
      invoker: new Invoker({ clock, timeoutMs: functionTimeoutMs, stop }),
      pacer: createPacer(clock),
    };
    this.#wakeUp = createWakeUp(clock);
  }

  start(): void {
    assert(this.#coordinating === undefined, 'a mapping is started once');
    this.#unsubscribe = this.#context.reader.onAppend((shardId) => {
      const shard = this.#active.get(shardId);
      if (shard !== undefined) shard.delivery.wake();
      else if (!this.#listed.has(shardId)) this.#wakeUp.wake();
    });
    this.#coordinating = this.#coordinate();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#drain();
    return this.#stopped;
  }

  async idle(): Promise<void> {
    assert(this.#coordinating !== undefined, 'only a started mapping becomes idle');
    const { clock, stop } = this.#context;
    const settled = new Set<string>();
    do {
      await this.#nextListing();
      const open = [...this.#active].filter(([id, { delivery }]) => !settled.has(id) || delivery.closed);
      await Promise.all(open.map(([, { delivery }]) => delivery.caughtUp()));
      if (stopping(this.#context)) throw new Error('the mapping was stopped before it was idle');
      for (const [id] of open) settled.add(id);
      // If none is open, the missing shards wait for a parent that is not closed yet.
      if (open.length === 0) await clock.sleep(listIntervalMs, stop);
      // Shards that ended let their children begin, and "everything" includes their records.
    } while ([...this.#listed].some((id) => !this.#ended.has(id) && !settled.has(id)));
  }

  stats(): MappingStats {
    return {
      shards: Array.from(this.#active.values(), ({ delivery }) => delivery.stats()),
      invocationsRunning: this.#context.invoker.running,
      zombies: this.#context.invoker.zombies,
    };
  }

  async #coordinate(): Promise<void> {
    while (!stopping(this.#context)) {
      const waiting = this.#onListing.splice(0);
      const listing = await untilItWorks(this.#context, 'list the shards', () =>
        this.#context.reader.shards(),
      );
      if (listing !== undefined) this.#take(listing.value);
      for (const resolve of waiting) resolve();
      if (!stopping(this.#context)) await this.#wakeUp.wait(listIntervalMs);
    }
    for (const resolve of this.#onListing.splice(0)) resolve();
  }

  /** A parent that is no longer listed was trimmed, so there is nothing to wait for. */
  #take(shards: readonly Shard[]): void {
    this.#listed = new Set(shards.map(({ shardId }) => shardId));
    for (const id of this.#ended) if (!this.#listed.has(id)) this.#ended.delete(id);
    for (const [id, { delivery }] of this.#active) if (!this.#listed.has(id)) delivery.close();
    for (const shard of shards) {
      const active = this.#active.get(shard.shardId);
      if (active !== undefined) {
        if (shard.closed) active.delivery.close();
      } else if (!this.#ended.has(shard.shardId) && this.#mayBegin(shard)) {
        this.#begin(shard);
      }
    }
  }

  #mayBegin({ parentShardIds }: Shard): boolean {
    return parentShardIds.every(
      (id) => !this.#active.has(id) && (this.#ended.has(id) || !this.#listed.has(id)),
    );
  }

  #begin({ shardId, closed }: Shard): void {
    const delivery = createShardDelivery(this.#context, shardId);
    if (closed) delivery.close();
    this.#active.set(shardId, { delivery, running: this.#runShard(shardId, delivery) });
  }

  async #runShard(shardId: string, delivery: ShardDelivery): Promise<void> {
    const ended = await delivery.run();
    if (!ended) return;
    this.#active.delete(shardId);
    this.#ended.add(shardId);
    this.#wakeUp.wake();
  }

  /** Resolves after a listing begun after the call, or at stop. */
  #nextListing(): Promise<void> {
    if (stopping(this.#context)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onListing.push(resolve);
      this.#wakeUp.wake();
    });
  }

  async #drain(): Promise<void> {
    this.#stop.abort('stopped');
    this.#unsubscribe?.();
    this.#wakeUp.wake();
    for (const { delivery } of this.#active.values()) delivery.wake();
    const { clock, consumer, telemetry } = this.#context;
    const limitMs = this.#functionTimeoutMs + stopGraceMs;
    const inTime = await waitAtMost(clock, limitMs, this.#allDone());
    if (!inTime) telemetry.error('stopped while work was still running', { consumer, limitMs });
  }

  async #allDone(): Promise<void> {
    await this.#coordinating;
    await Promise.all(Array.from(this.#active.values(), ({ running }) => running));
  }
}

function assertSettings(settings: DeliverySettings): void {
  const { batchSize, parallelizationFactor, maximumBatchingWindowSeconds, maximumRetryAttempts } = settings;
  if (!isIntegerWithin(batchSize, 1, 10_000)) throw new RangeError(`batchSize ${batchSize}`);
  if (!isIntegerWithin(parallelizationFactor, 1, 10)) {
    throw new RangeError(`parallelizationFactor ${parallelizationFactor}`);
  }
  if (!(maximumBatchingWindowSeconds >= 0 && maximumBatchingWindowSeconds <= 300)) {
    throw new RangeError(`maximumBatchingWindowSeconds ${maximumBatchingWindowSeconds}`);
  }
  if (!isIntegerWithin(maximumRetryAttempts, -1, 10_000)) {
    throw new RangeError(`maximumRetryAttempts ${maximumRetryAttempts}`);
  }
}

function isIntegerWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
