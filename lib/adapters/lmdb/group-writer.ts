import { assert } from '../../core/assert.ts';
import { watchDataFile } from './data-file.ts';
import type { Databases } from './databases.ts';
import type { DiskRoom } from './disk-room.ts';
import type { LmdbLimits } from './lmdb-limits.ts';
import { WriteBatch } from './write-batch.ts';

/** The outcome of a job's commit. */
export type CommitOutcome =
  /** On the disk. */
  | { readonly status: 'durable' }
  /**
   * Certainly not written: the disk is full, too much is waiting, the writer is closed, or the disk failed
   * earlier.
   */
  | {
      readonly status: 'refused';
      readonly reason: 'full' | 'overloaded' | 'closed' | 'broken';
      readonly cause?: unknown;
    }
  /** The disk failed during the commit, or the folder has another file by now: the outcome is unknown. */
  | { readonly status: 'unknown'; readonly cause: unknown };

export interface WriteJob {
  /**
   * The bytes that it may add, estimated when it runs; 0: it only frees space, and runs even if the disk is
   * full.
   */
  readonly bytes: number;
  /**
   * Reads, decides and adds its writes. It is synchronous, so jobs run strictly one after another. It may be
   * called again for another batch; the first batch is then dropped.
   */
  prepare(batch: WriteBatch): void;
  settle(outcome: CommitOutcome): void;
}

/**
 * Runs a commit. `commit` resolves once it is on disk, or to false if another process wrote first and nothing
 * was written. Tests use this to delay a commit or let it fail.
 */
export type CommitStep = (commit: () => Promise<boolean>) => Promise<boolean>;

export interface GroupWriterOptions {
  readonly commitStep?: CommitStep | undefined;
  /**
   * Called once after the disk failed, or the data file was removed, moved or replaced. Nothing is written from
   * then on, so the process should end.
   */
  readonly onBroken?: ((cause: unknown) => void) | undefined;
}

const fenceKey = Buffer.from('fence');
const fenceValue = Buffer.of(1);

const full = { status: 'refused', reason: 'full' } as const;

/** The writes of a commit and its jobs: not all waiting jobs if the disk lacks space. */
interface Plan {
  readonly jobs: readonly WriteJob[];
  readonly batch: WriteBatch;
}

/**
 * The only writer of this process. All jobs that arrive during a commit share the next one. Each commit
 * checks, inside LMDB's write transaction, that the number of commits is the one that its jobs read. If
 * another process (an operator's tool) has written meanwhile, nothing is written, and the jobs decide again
 * under LMDB's lock, which one process holds at a time. So two writers never starve each other, and the
 * common case never waits.
 */
export class GroupWriter {
  readonly #databases: Databases;
  readonly #room: DiskRoom;
  readonly #commitStep: CommitStep;
  readonly #onBroken: (cause: unknown) => void;
  readonly #limits: LmdbLimits;
  readonly #assertInPlace: () => void;
  #waiting: WriteJob[] = [];
  #bytesWaiting = 0;
  #running: Promise<void> | undefined;
  #committing: Promise<void> | undefined;
  readonly #holds = new Set<Promise<undefined>>();
  #refusal: Extract<CommitOutcome, { status: 'refused' }> | undefined;

  /** `options.folder`: of the databases. */
  constructor(
    databases: Databases,
    room: DiskRoom,
    options: GroupWriterOptions & { readonly folder: string },
    limits: LmdbLimits,
  ) {
    this.#databases = databases;
    this.#room = room;
    this.#commitStep = options.commitStep ?? ((commit) => commit());
    this.#onBroken = options.onBroken ?? (() => undefined);
    this.#limits = limits;
    this.#assertInPlace = watchDataFile(options.folder);
  }

  submit(job: WriteJob): void {
    if (this.#refusal !== undefined) {
      job.settle(this.#refusal);
      return;
    }
    const { jobsWaitingMax, bytesWaitingMax } = this.#limits;
    if (this.#waiting.length >= jobsWaitingMax || this.#bytesWaiting >= bytesWaitingMax) {
      job.settle({ status: 'refused', reason: 'overloaded' });
      return;
    }
    this.#waiting.push(job);
    this.#bytesWaiting += job.bytes;
    this.#running ??= this.#run();
  }

  /**
   * Submits a job of its own and resolves once it is on the disk; else rejects with what `failed` makes of
   * the outcome.
   */
  async write(
    { bytes, prepare }: Pick<WriteJob, 'bytes' | 'prepare'>,
    failed: (outcome: Exclude<CommitOutcome, { status: 'durable' }>) => Error,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.submit({
        bytes,
        prepare,
        settle: (outcome) => {
          if (outcome.status === 'durable') resolve();
          else reject(failed(outcome));
        },
      });
    });
  }

  /** Resolves once no commit is under way; none begins until the returned function is called. */
  async hold(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#holds.add(promise);
    await this.#committing;
    return () => {
      this.#holds.delete(promise);
      resolve(undefined);
    };
  }

  /** Writes all waiting jobs and accepts no more. */
  async close(): Promise<void> {
    this.#refusal ??= { status: 'refused', reason: 'closed' };
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // After the callbacks of this turn, so that jobs from callers of the last commit join this one.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#holds.size > 0) await Promise.all(this.#holds);
      this.#committing = this.#commit(this.#take());
      await this.#committing;
    }
    this.#running = undefined;
  }

  #take(): WriteJob[] {
    const { jobsPerCommitMax, bytesPerCommitMax } = this.#limits;
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

  async #commit(jobs: readonly WriteJob[]): Promise<void> {
    const refusal = this.#refusal?.reason === 'broken' ? this.#refusal : full;
    const { written, outcome } = refusal === full ? await this.#write(jobs) : { written: [], outcome: full };
    const settled = new Set(written);
    for (const job of jobs) job.settle(settled.has(job) ? outcome : refusal);
  }

  async #write(
    jobs: readonly WriteJob[],
  ): Promise<{ readonly written: readonly WriteJob[]; readonly outcome: CommitOutcome }> {
    this.#databases.root.resetReadTxn();
    // From here to the write no other code of this process runs, so all jobs decide on the state of this
    // generation.
    const generation = this.#generation();
    let plan = this.#plan(jobs);
    try {
      const inTime = isEmpty(plan) || (await this.#commitStep(() => this.#writeIfAt(generation, plan)));
      if (!inTime) {
        const decideAgain = (): Plan => (plan = this.#plan(jobs));
        await this.#commitStep(() => Promise.try(() => this.#writeLocked(decideAgain)));
      }
      // Also if nothing was written: an answer may repeat what an earlier commit wrote.
      this.#assertInPlace();
      return { written: plan.jobs, outcome: { status: 'durable' } };
    } catch (error) {
      const cause = await rootCause(error);
      this.#refusal = { status: 'refused', reason: 'broken', cause };
      this.#onBroken(cause);
      return { written: plan.jobs, outcome: { status: 'unknown', cause } };
    }
  }

  #plan(jobs: readonly WriteJob[]): Plan {
    let writing = this.#admit(jobs);
    let batch = prepare(writing);
    if (this.#hasRoom(batch, writing)) return { jobs: writing, batch };
    // Jobs that free space run alone.
    writing = writing.filter((job) => job.bytes === 0);
    batch = prepare(writing);
    return this.#hasRoom(batch, writing) ? { jobs: writing, batch } : { jobs: [], batch: new WriteBatch() };
  }

  /** The jobs that fit within the limit of all data. */
  #admit(jobs: readonly WriteJob[]): readonly WriteJob[] {
    let left = this.#room.left();
    return jobs.filter(({ bytes }) => {
      if (bytes > 0 && bytes > left) return false;
      left -= bytes;
      return true;
    });
  }

  #hasRoom(batch: WriteBatch, jobs: readonly WriteJob[]): boolean {
    const givesBack = jobs.every(({ bytes }) => bytes === 0);
    return this.#room.ensure({ writes: batch.writes.length, bytes: batch.bytes, givesBack });
  }

  /** False if another process has written since that generation. */
  #writeIfAt(generation: number, { batch }: Plan): Promise<boolean> {
    const { fence } = this.#databases;
    return fence.ifVersion(fenceKey, generation, () => {
      for (const { database, key, value } of batch.writes) {
        if (value === undefined) void database.remove(key);
        else void database.put(key, value);
      }
      void fence.put(fenceKey, fenceValue, generation + 1);
    });
  }

  /** Waits for the lock, which another process holds for one commit. */
  #writeLocked(decide: () => Plan): boolean {
    const { root, fence } = this.#databases;
    return root.transactionSync(() => {
      const generation = this.#generation();
      const plan = decide();
      if (isEmpty(plan)) return true;
      for (const { database, key, value } of plan.batch.writes) {
        if (value === undefined) database.removeSync(key);
        else database.putSync(key, value);
      }
      fence.putSync(fenceKey, fenceValue, generation + 1);
      return true;
    });
  }

  #generation(): number {
    return this.#databases.fence.getEntry(fenceKey)?.version ?? 0;
  }
}

/** Creates the fence, so that the first commits of a new folder have a version to compare. */
export function ensureFence({ fence }: Databases): void {
  if (fence.getEntry(fenceKey) === undefined) fence.putSync(fenceKey, fenceValue, 1);
  assert(fence.getEntry(fenceKey)?.version !== undefined, 'the fence has a version');
}

function isEmpty({ batch }: Plan): boolean {
  return batch.writes.length === 0;
}

function prepare(jobs: readonly WriteJob[]): WriteBatch {
  const batch = new WriteBatch();
  for (const job of jobs) job.prepare(batch);
  batch.finish();
  return batch;
}

/** lmdb rejects with an error that has a promise of the real one. */
async function rootCause(error: unknown): Promise<unknown> {
  if (typeof error !== 'object' || error === null || !('commitError' in error)) return error;
  try {
    await (error.commitError as Promise<never>);
    return error;
  } catch (cause) {
    return cause;
  }
}
