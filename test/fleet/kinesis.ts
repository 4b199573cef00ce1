import { hashPosition } from '../../lib/adapters/records/partition-hash.ts';
import type { AppendResult, EventLog, LogEntry } from '../../lib/ports/event-log.ts';
import type { Container } from '../simulation/container.ts';
import type { Kernel } from '../simulation/kernel.ts';
import type { MemoryEventLog } from '../support/memory/memory-event-log.ts';
import type { Prng } from '../support/prng.ts';
import { Allowances } from './allowance.ts';
import { networkCall } from './network.ts';
import { assumed, quotas } from './quotas.ts';

/** A stream of equal shards over a memory log: each shard refuses what is over its records or bytes a second. */
export class Kinesis {
  readonly log: MemoryEventLog;
  readonly #prng: Prng;
  readonly #shardCount: number;
  readonly #records: Allowances;
  readonly #bytes: Allowances;
  appended = 0;
  refused = 0;

  constructor(kernel: Kernel, log: MemoryEventLog, shardCount: number) {
    this.log = log;
    this.#shardCount = shardCount;
    this.#prng = kernel.fork(`kinesis/${log.stream}`);
    const elapsedMs = (): number => kernel.elapsedMs;
    this.#records = new Allowances({ perSecond: quotas.shardRecords.value }, elapsedMs);
    this.#bytes = new Allowances({ perSecond: quotas.shardBytes.value }, elapsedMs);
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
    const shard = String(Math.floor(hashPosition(partitionKey) * this.#shardCount));
    return this.#records.take(shard, 1) && this.#bytes.take(shard, data.byteLength + partitionKey.length);
  }
}
