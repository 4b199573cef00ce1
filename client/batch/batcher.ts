import { invalidInput } from '../build-request.ts';
import type { ClientClock } from '../deps.ts';
import { AdtallyError } from '../errors.ts';
import { makeBatchPolicy, type BatcherOptions, type BatchPolicy } from './batch-policy.ts';
import type { BatchOutcome, BatchRequest, BatchSender, MakeBatchRequest } from './batch-sender.ts';
import { Batch, entryBytes, type Entry } from './batch.ts';
import { incrementFault } from './increment-fault.ts';

export interface IncrementBatcher {
  /**
   * Resolves once the increment is in the queue. If the queue is full, it waits for space. Each queued
   * increment is either acknowledged or reported to `onFailed`. If it rejects, the increment is not in the
   * queue; the AdtallyError has the code `invalid-input`, `queue-full` (too many calls already wait) or
   * `closed`.
   */
  add(key: string, value: number): Promise<void>;
  /**
   * Sends all queued increments; resolves when each is acknowledged or reported to `onFailed`. Reads of the
   * same client then show everything that was acknowledged (`readYourWrites`).
   */
  flush(): Promise<void>;
  /**
   * Accepts no more increments and sends the queued ones. After `timeoutMs` (default 10,000) it reports the
   * rest as failed. Calls of `add` that wait reject with `closed`.
   */
  close(timeoutMs?: number): Promise<void>;
  /**
   * For a page that closes: sends as many increments as the browser accepts, and continues if the page
   * returns.
   */
  sendBeforeUnload(): void;
  facts(): BatcherFacts;
}

/** Counts calls of `add`: added = acknowledged + failed + queued. */
export interface BatcherFacts {
  readonly added: number;
  readonly acknowledged: number;
  readonly failed: number;
  readonly queued: number;
  /** The sizes that `queueEntriesMax` and `queueBytesMax` limit. */
  readonly queuedEntries: number;
  readonly queuedBytes: number;
  readonly waiting: number;
}

interface Waiting {
  readonly key: string;
  readonly value: number;
  readonly resolve: () => void;
  readonly reject: (error: AdtallyError) => void;
}

const closeWithinMs = 10_000;
/** Browsers send at most 64 KiB when a page goes. */
const keepaliveBytesMax = 60_000;

/**
 * Collects increments in bounded memory and sends them in batches. It keeps the process alive until its queue
 * is empty.
 */
export class Batcher implements IncrementBatcher {
  readonly #makeRequest: MakeBatchRequest;
  readonly #clock: ClientClock;
  readonly #policy: BatchPolicy;
  readonly #onFailed: BatcherOptions['onFailed'];
  readonly #onFlushed: () => void;
  readonly #abort = new AbortController();
  #open = new Batch();
  /** The open batch is due. It is sent as soon as a request is free, and grows until then. */
  #due = false;
  #cancelTimer: () => void = () => undefined;
  readonly #sealed: Batch[] = [];
  readonly #inFlight = new Set<Batch>();
  readonly #waiting: Waiting[] = [];
  #closed = false;
  #entries = 0;
  #bytes = 0;
  readonly #adds = { added: 0, acknowledged: 0, failed: 0 };

  constructor({ makeRequest, presentTokens }: BatchSender, clock: ClientClock, options: BatcherOptions) {
    this.#makeRequest = makeRequest;
    this.#onFlushed = presentTokens;
    this.#clock = clock;
    this.#policy = makeBatchPolicy(options);
    this.#onFailed = options.onFailed;
  }

  async add(key: string, value: number): Promise<void> {
    const fault = incrementFault(key, value);
    if (fault !== undefined) throw invalidInput(fault);
    if (this.#closed) throw refused('closed', 'the batcher is closed');
    // A new increment may join an existing entry, but must not overtake calls that wait.
    if (this.#merge(key, value) || (this.#waiting.length === 0 && this.#put(key, value))) return;
    if (this.#waiting.length >= this.#policy.waitingMax)
      throw refused('queue-full', 'the queue is full and too many calls wait');
    this.#setDue();
    await new Promise<void>((resolve, reject) => this.#waiting.push({ key, value, resolve, reject }));
  }

  async flush(): Promise<void> {
    const batches = [this.#open, ...this.#sealed, ...this.#inFlight].filter((batch) => batch.size > 0);
    this.#setDue();
    await Promise.all(batches.map((batch) => batch.settled));
    this.#onFlushed();
  }

  async close(timeoutMs = closeWithinMs): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(refused('closed', 'the batcher is closed'));
    const cancel = this.#clock.after(timeoutMs, () => {
      this.#abort.abort(new Error('the batcher was closed'));
    });
    await this.flush();
    cancel();
  }

  sendBeforeUnload(): void {
    if (this.#open.size > 0) this.#seal();
    let bytes = 0;
    for (const batch of [...this.#inFlight, ...this.#sealed]) {
      const request = this.#requestOf(batch);
      bytes += request.bodyBytes;
      if (bytes > keepaliveBytesMax) break;
      request.sendAndForget();
      batch.parted = true;
    }
    this.#pump();
  }

  facts(): BatcherFacts {
    const { added, acknowledged, failed } = this.#adds;
    return {
      ...this.#adds,
      queued: added - acknowledged - failed,
      queuedEntries: this.#entries,
      queuedBytes: this.#bytes,
      waiting: this.#waiting.length,
    };
  }

  #merge(key: string, value: number): boolean {
    const merged = this.#open.merge(key, value);
    if (merged) this.#adds.added += 1;
    return merged;
  }

  /** false: the queue is full. */
  #put(key: string, value: number): boolean {
    const { queueEntriesMax, queueBytesMax, batchEntriesMax, batchBytesMax, flushEveryMs } = this.#policy;
    const bytes = entryBytes(key);
    if (this.#entries >= queueEntriesMax || this.#bytes + bytes > queueBytesMax) return false;
    const limits = { entriesMax: batchEntriesMax, bytesMax: batchBytesMax };
    // A sum above 2^53 needs a separate entry, and so another batch.
    if (this.#open.has(key) || !this.#open.fits(bytes, limits)) this.#seal();
    this.#open.put(key, value, bytes);
    this.#entries += 1;
    this.#bytes += bytes;
    this.#adds.added += 1;
    if (this.#open.size === batchEntriesMax) this.#seal();
    else if (this.#open.size === 1) {
      this.#cancelTimer = this.#clock.after(flushEveryMs, () => {
        this.#setDue();
      });
    }
    this.#pump();
    return true;
  }

  #setDue(): void {
    if (this.#open.size > 0) this.#due = true;
    this.#pump();
  }

  #seal(): void {
    this.#cancelTimer();
    this.#due = false;
    this.#sealed.push(this.#open);
    this.#open = new Batch();
  }

  #pump(): void {
    while (this.#inFlight.size < this.#policy.inFlightMax) {
      if (this.#sealed.length === 0 && this.#due) this.#seal();
      const batch = this.#sealed.shift();
      if (batch === undefined) return;
      this.#inFlight.add(batch);
      void this.#deliver(batch);
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const { size, bytes } = batch;
    try {
      // Each round except the last removes increments, so there are at most as many rounds as increments.
      while (batch.size > 0) this.#account(batch, await this.#send(batch));
    } finally {
      this.#inFlight.delete(batch);
      this.#entries -= size;
      this.#bytes -= bytes;
      batch.settle();
      this.#admitWaiting();
      this.#pump();
    }
  }

  async #send(batch: Batch): Promise<BatchOutcome> {
    try {
      return await this.#requestOf(batch).send(this.#abort.signal);
    } catch (cause) {
      // Not a failure of the client itself: for instance, the caller's function for the token threw.
      const facts = { code: 'unexpected-answer', retryable: false, ambiguous: true, tries: 0 };
      return { type: 'failed', error: new AdtallyError('the batch could not be sent', facts, cause) };
    }
  }

  #requestOf(batch: Batch): BatchRequest {
    return (batch.request ??= this.#makeRequest(batch.entries.map(({ key, value }) => ({ key, value }))));
  }

  /** Increments that are neither acknowledged nor failed stay in the batch. */
  #account(batch: Batch, outcome: BatchOutcome): void {
    const { entries, parted } = batch;
    const at = (indexes: readonly number[]): Entry[] =>
      entries.filter((_entry, index) => indexes.includes(index));
    switch (outcome.type) {
      case 'acknowledged':
        batch.drop(entries);
        this.#adds.acknowledged += count(entries);
        return;
      case 'partly': {
        const failed = at(outcome.failed.map(({ index }) => index));
        batch.drop(entries);
        this.#adds.acknowledged += count(entries) - count(failed);
        this.#fail(failed, outcome.error);
        return;
      }
      case 'faulty':
        batch.drop(at(outcome.indexes));
        this.#fail(at(outcome.indexes), outcome.error);
        return;
      case 'failed':
        batch.drop(entries);
        this.#fail(entries, outcome.error, outcome.error.ambiguous || parted);
    }
  }

  #fail(entries: readonly Entry[], error: AdtallyError, ambiguous = error.ambiguous): void {
    if (entries.length === 0) return;
    this.#adds.failed += count(entries);
    const increments = entries.map(({ key, value }) => ({ key, value }));
    this.#onFailed({ increments, error, ambiguous });
  }

  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!this.#merge(next.key, next.value) && !this.#put(next.key, next.value)) {
        this.#setDue();
        return;
      }
      this.#waiting.shift();
      next.resolve();
    }
  }
}

function refused(code: 'closed' | 'queue-full', message: string): AdtallyError {
  return new AdtallyError(message, { code, retryable: code === 'queue-full', ambiguous: false, tries: 0 });
}

function count(entries: readonly Entry[]): number {
  return entries.reduce((sum, { adds }) => sum + adds, 0);
}
