import { hashPosition } from '../../lib/adapters/records/partition-hash.ts';
import type { AppendResult, EventLog, LogEntry } from '../../lib/ports/event-log.ts';
import { LogError, type LogReader } from '../../lib/ports/log-reader.ts';
import type { Container } from '../simulation/container.ts';
import type { Kernel } from '../simulation/kernel.ts';
import type { MemoryEventLog } from '../support/memory/memory-event-log.ts';
import type { Prng } from '../support/prng.ts';
import { Allowances } from './allowance.ts';
import { networkCall } from './network.ts';
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
  readonly #prng: Prng;
  #shards: readonly OpenShard[];
  readonly #records: Allowances;
  readonly #bytes: Allowances;
  readonly #reads: Allowances;
  readonly #readBytes: Allowances;
  appended = 0;
  refused = 0;

  constructor(kernel: Kernel, log: MemoryEventLog, shardCount: number) {
    this.log = log;
    this.#kernel = kernel;
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
    const call = { prng: this.#prng, workMs: assumed.kinesisMs };
    return {
      stream,
      epoch,
      hashPosition,
      append: (entries) => networkCall(container, call, () => this.#append(entries)),
    };
  }

  /** As Lambda's pollers see it: nobody tells them of an append, they ask. */
  reader(): LogReader {
    const { log } = this;
    return {
      stream: log.stream,
      epoch: log.epoch,
      shards: () => log.shards(),
      read: async (shardId, after, limits) => {
        await this.#kernel.sleep(assumed.networkMs + assumed.kinesisMs);
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
