import type { MemoryEventLog } from '../support/memory/memory-event-log.ts';
import type { LogReader } from '../../lib/ports/log-reader.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';
import type { Life } from './life.ts';

/** Checkpoints as they were written, one after the other. */
export class Checkpoints {
  readonly #written = new Map<string, string[]>();

  read(shardId: string): string | undefined {
    return this.#written.get(shardId)?.at(-1);
  }

  write(shardId: string, sequenceNumber: string): void {
    const written = this.#written.get(shardId) ?? [];
    written.push(sequenceNumber);
    this.#written.set(shardId, written);
  }

  forget(back: number): void {
    for (const [shardId, written] of this.#written) {
      this.#written.set(shardId, written.slice(0, Math.max(0, written.length - back)));
    }
  }
}

export interface HostileReaderOptions {
  readonly kernel: Kernel;
  readonly faults: FaultPlan;
  readonly log: MemoryEventLog;
  readonly checkpoints: Checkpoints;
  readonly life: Life;
}

/** The log as a poller reads it: slowly, in pieces, and with what a predecessor left of checkpoints. */
export function hostileReader(options: HostileReaderOptions): LogReader {
  const { kernel, faults, log, checkpoints, life } = options;
  const prng = kernel.fork('reader');
  const alive = <T>(value: T): Promise<T> =>
    life.dead ? new Promise<T>(() => undefined) : Promise.resolve(value);
  return {
    stream: log.stream,
    epoch: log.epoch,
    shards: async () => alive(await log.shards()),
    async read(shardId, after, limits) {
      const cut = faults.strikes('batch-recut');
      const recordsMax = cut ? prng.int(1, Math.min(limits.recordsMax, 20)) : limits.recordsMax;
      await kernel.sleep(prng.int(1, 30));
      const records = await log.read(shardId, after, { ...limits, recordsMax });
      // What happens to the shard while the answer is on its way, the answer does not show.
      await kernel.sleep(prng.chance(0.05) ? prng.int(0, 3000) : prng.int(0, 30));
      return alive(records);
    },
    onAppend: (listener) =>
      log.onAppend((shardId) => {
        if (!life.dead) listener(shardId);
      }),
    readCheckpoint: (_, shardId) => alive(checkpoints.read(shardId)),
    writeCheckpoint: async (_, shardId, sequenceNumber) => {
      await kernel.sleep(prng.int(1, 20));
      if (!life.dead) checkpoints.write(shardId, sequenceNumber);
      return alive(undefined);
    },
  };
}
