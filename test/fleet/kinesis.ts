import { hashPosition } from '../../lib/adapters/records/partition-hash.ts';
import type { AppendResult, EventLog, LogEntry } from '../../lib/ports/event-log.ts';
import { LogError, type LogReader } from '../../lib/ports/log-reader.ts';
import type { Container } from '../simulation/container.ts';
import type { Kernel } from '../simulation/kernel.ts';
import type { MemoryEventLog, Reshard } from '../support/memory/memory-event-log.ts';
import type { Prng } from '../support/prng.ts';
import { Allowances } from './allowance.ts';
import { networkCall, type Region } from './network.ts';
import { assumed, quotas } from './quotas.ts';

/** A shard that is written to, and its part of the hash space, which is 0 to 1. */
interface OpenShard {
  readonly shardId: string;
  readonly from: number;
  readonly to: number;
}

/** A stream over a memory log: each shard refuses what is over its records or bytes a second, or its reads. */
export class Kinesis {
  readonly log: MemoryEventLog;
  readonly #kernel: Kernel;
  readonly #region: Region;
  readonly #prng: Prng;
  #shards: readonly OpenShard[];
  readonly #records: Allowances;
  readonly #bytes: Allowances;
  readonly #reads: Allowances;
  readonly #readBytes: Allowances;
  appended = 0;
  refused = 0;

  constructor(kernel: Kernel, log: MemoryEventLog, shardCount: number, region: Region = { slowness: 1 }) {
    this.log = log;
    this.#kernel = kernel;
    this.#region = region;
    this.#prng = kernel.fork(`kinesis/${log.stream}`);
    this.#shards = Array.from({ length: shardCount }, (_, i) => ({
      shardId: `shardId-${String(i).padStart(12, '0')}`,
      from: i / shardCount,
      to: (i + 1) / shardCount,
    }));
    const elapsedMs = (): number => kernel.elapsedMs;
    this.#records = new Allowances({ perSecond: quotas.shardRecords.value }, elapsedMs);
    this.#bytes = new Allowances({ perSecond: quotas.shardBytes.value }, elapsedMs);
    this.#reads = new Allowances({ perSecond: quotas.shardReads.value }, elapsedMs);
    this.#readBytes = new Allowances({ perSecond: quotas.shardReadBytes.value }, elapsedMs);
  }

  /** As one container sees it. */
  for(container: Container): EventLog {
    const { stream, epoch } = this.log;
    const call = { region: this.#region, prng: this.#prng, workMs: assumed.kinesisMs };
    const late = new Error('no answer in time');
    return {
      stream,
      epoch,
      hashPosition,
      append: async (entries) => {
        const deadline = { afterMs: assumed.deadlineMs, error: () => late };
        try {
          return await networkCall(container, { ...call, deadline }, () => this.#append(entries));
        } catch (error) {
          if (error !== late) throw error;
          return entries.map(() => ({ status: 'unknown', reason: late.message }));
        }
      },
    };
  }

  /** The shards that are written to. */
  get open(): readonly string[] {
    return this.#shards.map(({ shardId }) => shardId);
  }

  /** Splits each shard in two, or merges each two side by side into one. */
  async reshard(type: Reshard['type']): Promise<void> {
    const next: OpenShard[] = [];
    const step = type === 'split' ? 1 : 2;
    for (let i = 0; i < this.#shards.length; i += step) {
      const [first, second] = this.#shards.slice(i, i + step);
      if (first === undefined) break;
      if (type === 'split') {
        const middle = (first.from + first.to) / 2;
        const [left = '', right = ''] = await this.log.reshard({ type, shardId: first.shardId });
        next.push(
          { shardId: left, from: first.from, to: middle },
          { shardId: right, from: middle, to: first.to },
        );
      } else if (second === undefined) next.push(first);
      else {
        const [merged = ''] = await this.log.reshard({ type, shardIds: [first.shardId, second.shardId] });
        next.push({ shardId: merged, from: first.from, to: second.to });
      }
    }
    this.#shards = next;
  }

  /** As Lambda's pollers see it: nobody tells them of an append, they ask. */
  reader(): LogReader {
    const { log } = this;
    return {
      stream: log.stream,
      epoch: log.epoch,
      shards: () => log.shards(),
      read: async (shardId, after, limits) => {
        await this.#kernel.sleep(this.#region.slowness * (assumed.networkMs + assumed.kinesisMs));
        if (!this.#reads.take(shardId, 1)) throw new LogError('reads of a shard');
        const bytesMax = Math.min(limits.bytesMax, quotas.shardReadBytes.value);
        const records = await log.read(shardId, after, { ...limits, bytesMax });
        const bytes = records.reduce((sum, { data }) => sum + data.byteLength, 0);
        if (!this.#readBytes.take(shardId, bytes)) throw new LogError('bytes of a shard');
        return records;
      },
      onAppend: () => () => undefined,
      readCheckpoint: (consumer, shardId) => log.readCheckpoint(consumer, shardId),
      writeCheckpoint: (consumer, shardId, number) => log.writeCheckpoint(consumer, shardId, number),
    };
  }

  async #append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    const results: AppendResult[] = [];
    for (const entry of entries) {
      const taken = this.#take(entry);
      if (taken) this.appended += 1;
      else this.refused += 1;
      const [result] = taken ? await this.log.append([entry]) : [];
      results.push(result ?? { status: 'refused', reason: 'ProvisionedThroughputExceededException' });
    }
    return results;
  }

  #take({ partitionKey, data }: LogEntry): boolean {
    const position = hashPosition(partitionKey);
    const shard = this.#shards.find(({ from, to }) => position >= from && position < to);
    if (shard === undefined) throw new Error('the open shards leave no gap');
    const bytes = data.byteLength + partitionKey.length;
    return this.#records.take(shard.shardId, 1) && this.#bytes.take(shard.shardId, bytes);
  }
}
