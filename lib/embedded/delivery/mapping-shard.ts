import type { LogRecord } from '../../ports/log-reader.ts';
import { createCatchUp } from './catch-up.ts';
import { createCheckpointWriter, type CheckpointWriter } from './checkpoint.ts';
import { stopping, untilItWorks, type MappingContext } from './mapping-context.ts';
import { eventSource, recordOverheadBytes } from './kinesis-event.ts';
import { createLane, type Lane } from './lane.ts';
import { ReadAhead } from './read-ahead.ts';
import { createWakeUp } from './wake-up.ts';

/** The most records of one read, as with GetRecords, and its most bytes, a part of what may be read ahead. */
const readRecordsMax = 10_000;
const readBytesMax = 4 * 1024 * 1024;

/** Batches per lane that may be read and not settled: one in delivery, one gathering. */
const readAheadBatches = 2;
/** Prevents small reads when batches are small. */
const readAheadRecordsMin = 1000;
const readAheadPayloadBytesMax = 32 * 1024 * 1024;

/**
 * A shard is read at each append, and this often in case a call-back is lost. Lambda reads once a second too.
 */
const pollIntervalMs = 1000;

/** Reads per batching window, so that a flow of single appends is read in runs. */
const readsPerWindow = 5;

export interface ShardStats {
  readonly shardId: string;
  /** Records that are read and not settled; if `readToEnd`, these are all unsettled ones. */
  readonly recordsBehind: number;
  /** The last read found nothing more. */
  readonly readToEnd: boolean;
  /** By the wall clock; undefined: everything read is settled. */
  readonly oldestUnsettledAgeMs: number | undefined;
  /** Lanes with a batch in delivery, pauses between its tries included. */
  readonly lanesBusy: number;
  /** In the order of their numbers. */
  readonly lanes: readonly LaneStats[];
  readonly checkpoint: string | undefined;
}

export interface LaneStats {
  readonly busy: boolean;
  readonly recordsBehind: number;
  readonly oldestUnsettledAgeMs: number | undefined;
}

export interface ShardDelivery {
  /**
   * Resolves to true once the shard is closed, settled to its end and its checkpoint durable; to false at
   * stop.
   */
  run(): Promise<boolean>;
  /** Something was appended, or the mapping stops. */
  wake(): void;
  /** The shard gets no further record. */
  close(): void;
  readonly closed: boolean;
  /**
   * Resolves when the records that are in the shard now are settled; for a closed shard, when it has ended.
   * Also at stop.
   */
  caughtUp(): Promise<void>;
  stats(): ShardStats;
}

export function createShardDelivery(context: MappingContext, shardId: string): ShardDelivery {
  return new PolledShard(context, shardId);
}

/**
 * Reads one shard ahead of its lanes. Its checkpoint is just before the lowest record that is not settled.
 */
class PolledShard implements ShardDelivery {
  readonly #context: MappingContext;
  readonly #shardId: string;
  readonly #wakeUp;
  readonly #catchUp = createCatchUp();
  #readAhead: ReadAhead | undefined;
  #lanes: readonly Lane[] = [];
  #closed = false;
  #readToEnd = false;
  /** Waits for records to settle, not for new ones; batches then do not wait for their window either. */
  #blocked = false;

  constructor(context: MappingContext, shardId: string) {
    this.#context = context;
    this.#shardId = shardId;
    this.#wakeUp = createWakeUp(context.clock);
  }

  get closed(): boolean {
    return this.#closed;
  }

  async run(): Promise<boolean> {
    const { consumer, reader } = this.#context;
    const found = await untilItWorks(this.#context, 'read the checkpoint', () =>
      reader.readCheckpoint(consumer, this.#shardId),
    );
    const ended = found !== undefined && (await this.#deliverFrom(found.value));
    this.#catchUp.done();
    return ended;
  }

  wake(): void {
    this.#wakeUp.wake();
    if (stopping(this.#context)) for (const lane of this.#lanes) lane.wake();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeUp.wake();
  }

  caughtUp(): Promise<void> {
    const caughtUp = this.#closed
      ? this.#catchUp.waitForEnd()
      : this.#catchUp.wait(this.#context.clock.nowMs());
    this.#wakeUp.wake();
    return caughtUp;
  }

  stats(): ShardStats {
    const nowMs = this.#context.clock.nowMs();
    const ageOf = (arrivedAtMs: number | undefined): number | undefined =>
      arrivedAtMs === undefined ? undefined : nowMs - arrivedAtMs;
    return {
      shardId: this.#shardId,
      recordsBehind: this.#readAhead?.unsettled ?? 0,
      readToEnd: this.#readToEnd,
      oldestUnsettledAgeMs: ageOf(this.#readAhead?.oldestArrivedAtMs),
      lanesBusy: this.#lanes.filter((lane) => lane.busy).length,
      lanes: (this.#readAhead?.lanes ?? []).map((queue, i) => ({
        busy: this.#lanes[i]?.busy ?? false,
        recordsBehind: queue.size,
        oldestUnsettledAgeMs: ageOf(queue.oldestUnsettled?.arrivedAtMs),
      })),
      checkpoint: this.#readAhead?.checkpoint,
    };
  }

  async #deliverFrom(position: string | undefined): Promise<boolean> {
    const checkpoint = createCheckpointWriter(this.#context, this.#shardId, position);
    const readAhead = this.#openReadAhead(position, checkpoint);
    const running = this.#lanes.map((lane) => lane.run());
    const ended = await this.#readToItsEnd(readAhead);
    for (const lane of this.#lanes) if (ended) lane.end();
    await Promise.all(running);
    await checkpoint.finish();
    return ended;
  }

  #openReadAhead(position: string | undefined, checkpoint: CheckpointWriter): ReadAhead {
    const { settings, streamArn, consumer } = this.#context;
    const { batchSize, parallelizationFactor: lanes } = settings;
    const source = eventSource(streamArn, this.#shardId, consumer);
    const readAhead = new ReadAhead(
      {
        lanes,
        batchSize,
        recordsMax: Math.max(readAheadRecordsMin, readAheadBatches * batchSize * lanes),
        payloadBytesMax: readAheadPayloadBytesMax,
        overheadBytes: recordOverheadBytes(source),
      },
      position,
    );
    this.#readAhead = readAhead;
    this.#lanes = readAhead.lanes.map((queue) =>
      createLane({
        context: this.#context,
        source,
        queue,
        openedAtMs: () => readAhead.openedAtMs(queue),
        flush: () => this.#blocked,
        settle: (count) => {
          readAhead.settle(queue, count);
          checkpoint.moveTo(readAhead.checkpoint);
          this.#catchUp.settled(readAhead.lowestUnsettled);
          if (this.#blocked) this.#wakeUp.wake();
        },
      }),
    );
    return readAhead;
  }

  /** true: the shard was closed, and everything in it is settled. */
  async #readToItsEnd(readAhead: ReadAhead): Promise<boolean> {
    while (!stopping(this.#context)) {
      if (readAhead.full) await this.#blockUntil(() => readAhead.roomy);
      // Asked before the read: only a read begun after the shard was closed shows that nothing more is there.
      const closedBefore = this.#closed;
      const records = await this.#readOnce(readAhead);
      if (records === undefined) return false;
      if (records.length > 0) {
        await this.#spaceReads(readAhead, records.length);
      } else if (closedBefore) {
        await this.#blockUntil(() => readAhead.unsettled === 0);
        return readAhead.unsettled === 0;
      } else {
        await this.#wakeUp.wait(pollIntervalMs);
      }
    }
    return false;
  }

  async #readOnce(readAhead: ReadAhead): Promise<readonly LogRecord[] | undefined> {
    const { clock, reader } = this.#context;
    const limits = { recordsMax: Math.min(readRecordsMax, readAhead.recordsFree), bytesMax: readBytesMax };
    const number = this.#catchUp.readBegins();
    const read = await untilItWorks(this.#context, 'read the log', () =>
      reader.read(this.#shardId, readAhead.position, limits),
    );
    if (read === undefined) return undefined;
    const records = read.value;
    const emptyBefore = readAhead.lanes.map((queue) => queue.gathered === 0);
    readAhead.add(records, clock.monotonicMs());
    readAhead.lanes.forEach((queue, i) => {
      // Waking a lane for each record would end and begin its window's sleep each time.
      if (queue.full || (emptyBefore[i] === true && queue.gathered > 0)) this.#lanes[i]?.wake();
    });
    this.#readToEnd = records.length === 0;
    const { nextOrdinal, lowestUnsettled } = readAhead;
    this.#catchUp.readEnded(number, records.at(-1)?.arrivedAtMs, nextOrdinal, lowestUnsettled);
    return records;
  }

  async #spaceReads(readAhead: ReadAhead, recordsRead: number): Promise<void> {
    const { clock, settings, stop } = this.#context;
    const spaceMs = Math.min(pollIntervalMs, (settings.maximumBatchingWindowSeconds * 1000) / readsPerWindow);
    const backlog = recordsRead >= readRecordsMax || readAhead.lanes.some((queue) => queue.full);
    if (spaceMs > 0 && !backlog) await clock.sleep(spaceMs, stop);
  }

  async #blockUntil(done: () => boolean): Promise<void> {
    this.#blocked = true;
    for (const lane of this.#lanes) lane.wake();
    while (!done() && !stopping(this.#context)) await this.#wakeUp.wait();
    this.#blocked = false;
  }
}
