import { assert } from '../../core/assert.ts';
import type { Databases } from './databases.ts';
import type { DiskRoom } from './disk-room.ts';
import { WriteBatch } from './write-batch.ts';

/** What became of a job's commit. */
export type CommitOutcome =
  /** On the disk. */
  | { readonly status: 'durable' }
  /** Certainly not written: no room; another process wrote; too much under way; closed; the disk failed. */
  | {
      readonly status: 'refused';
      readonly reason: 'full' | 'conflict' | 'overloaded' | 'closed' | 'failed';
      readonly cause?: unknown;
    }
  /** The disk failed in the middle: nobody knows. */
  | { readonly status: 'unknown'; readonly cause: unknown };

export interface WriteJob {
  /** Bytes it may add, estimated when its turn comes; 0: it only gives room back, and runs when there is none. */
  readonly bytes: number;
  /** Reads, decides, adds its writes; synchronous, with nothing between it and the jobs before and after. */
  prepare(batch: WriteBatch): void;
  settle(outcome: CommitOutcome): void;
}

/** Runs a commit: `commit` resolves once it is on the disk. A test's place to hold it back or to count. */
export type CommitStep = (commit: () => Promise<boolean>) => Promise<boolean>;

const jobsWaitingMax = 100_000;
const bytesWaitingMax = 256 * 1024 * 1024;
const jobsPerCommitMax = 20_000;
const bytesPerCommitMax = 32 * 1024 * 1024;

const fenceKey = Buffer.from('fence');
const fenceValue = Buffer.from([1]);

/**
 * The one writer of the environment. Whatever arrives while a commit is on its way to the disk shares the next one.
 * Each commit is conditional on the number of commits it was decided upon, inside LMDB's write transaction: should
 * another process have written meanwhile, nothing of it is.
 */
export class GroupWriter {
  readonly #databases: Databases;
  readonly #room: DiskRoom;
  readonly #commitStep: CommitStep;
  #waiting: WriteJob[] = [];
  #bytesWaiting = 0;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(databases: Databases, room: DiskRoom, commitStep: CommitStep = (commit) => commit()) {
    this.#databases = databases;
    this.#room = room;
    this.#commitStep = commitStep;
  }

  submit(job: WriteJob): void {
    if (this.#closed) {
      job.settle({ status: 'refused', reason: 'closed' });
      return;
    }
    if (this.#waiting.length >= jobsWaitingMax || this.#bytesWaiting >= bytesWaitingMax) {
      job.settle({ status: 'refused', reason: 'overloaded' });
      return;
    }
    this.#waiting.push(job);
    this.#bytesWaiting += job.bytes;
    this.#running ??= this.#run();
  }

  /** Writes what is waiting and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Behind the callbacks of this turn: those that the last commit answered get into this one.
      await new Promise((resolve) => setImmediate(resolve));
      const jobs = this.#take();
      const { outcome, admitted, refused } = await this.#commit(jobs);
      for (const job of refused) job.settle({ status: 'refused', reason: 'full' });
      for (const job of admitted) job.settle(outcome);
    }
    this.#running = undefined;
  }

  #take(): WriteJob[] {
    let count = 0;
    let bytes = 0;
    for (const job of this.#waiting) {
      if (count > 0 && (count >= jobsPerCommitMax || bytes + job.bytes > bytesPerCommitMax)) break;
      count += 1;
      bytes += job.bytes;
    }
    const jobs = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#bytesWaiting = this.#waiting.reduce((sum, job) => sum + job.bytes, 0);
    return jobs;
  }

  async #commit(
    jobs: readonly WriteJob[],
  ): Promise<{ outcome: CommitOutcome; admitted: readonly WriteJob[]; refused: readonly WriteJob[] }> {
    const { root, fence } = this.#databases;
    root.resetReadTxn();
    // From here to the write nothing else runs: all jobs decide on the state of this generation.
    const generation = fence.getEntry(fenceKey)?.version ?? 0;
    const batch = new WriteBatch();
    const admitted: WriteJob[] = [];
    const refused: WriteJob[] = [];
    const left = this.#room.left();
    let bytes = 0;
    for (const job of jobs) {
      if (job.bytes > 0 && bytes + job.bytes > left) {
        refused.push(job);
        continue;
      }
      bytes += job.bytes;
      job.prepare(batch);
      admitted.push(job);
    }
    batch.finish();
    this.#room.spend(bytes);
    const outcome =
      batch.writes.length === 0 ? ({ status: 'durable' } as const) : await this.#write(batch, generation);
    return { outcome, admitted, refused };
  }

  async #write(batch: WriteBatch, generation: number): Promise<CommitOutcome> {
    const { fence } = this.#databases;
    const commit = (): Promise<boolean> =>
      fence.ifVersion(fenceKey, generation, () => {
        for (const { database, key, value } of batch.writes) {
          if (value === undefined) void database.remove(key);
          else void database.put(key, value);
        }
        void fence.put(fenceKey, fenceValue, generation + 1);
      });
    try {
      const committed = await this.#commitStep(commit);
      return committed ? { status: 'durable' } : { status: 'refused', reason: 'conflict' };
    } catch (error) {
      return this.#judgeFailure(await rootCause(error), generation);
    }
  }

  /** LMDB drops a failed commit whole: while the generation stands, nothing was written. */
  #judgeFailure(cause: unknown, generation: number): CommitOutcome {
    this.#databases.root.resetReadTxn();
    if (this.#databases.fence.getEntry(fenceKey)?.version !== generation) return { status: 'unknown', cause };
    return { status: 'refused', reason: isFull(cause) || this.#room.left() <= 0 ? 'full' : 'failed', cause };
  }
}

/** Creates the fence; the first commits of a new folder would find nothing to compare with. */
export function ensureFence(databases: Databases): void {
  const { fence } = databases;
  if (fence.getEntry(fenceKey) === undefined) fence.putSync(fenceKey, fenceValue, 1);
  assert(fence.getEntry(fenceKey)?.version !== undefined, 'the fence has a version');
}

/** lmdb rejects with an error that carries a promise of the true one. */
async function rootCause(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await (error.commitError as Promise<never>);
    return error;
  } catch (cause) {
    return cause;
  }
}

/** ENOSPC, EFBIG and EDQUOT, as LMDB words them. */
function isFull(cause: unknown): boolean {
  return /no space left|file too large|disk quota|MDB_MAP_FULL/i.test(String(cause));
}
