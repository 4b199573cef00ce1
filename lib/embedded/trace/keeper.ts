import type { AdaptiveRate } from './adaptive-rate.ts';
import type { Place, Span, Trace } from './trace.ts';

/** A trace that is done takes its way into the file by this; false: there was no room for it. */
export type WriteTrace = (trace: Trace, why: KeptReason) => boolean;
export type KeptReason = 'failed' | 'slow' | 'sampled';

export interface KeeperOptions {
  readonly rate: AdaptiveRate;
  readonly monotonicMs: () => number;
  readonly write: WriteTrace;
  /** An answer that takes longer is slow. */
  readonly slowMs: number;
  /** Records that are settled later than this after their request began are slow. */
  readonly slowSettledMs: number;
  /** Requests that wait for their records to be settled. */
  readonly heldMax: number;
}

/** Records that are waited for, of all requests held. */
const placesMax = 100_000;
/** A request whose records are not settled by then is written or dropped as it is. */
const heldMsMax = 60_000;

export interface KeeperCounts {
  requests: number;
  failed: number;
  slow: number;
  sampled: number;
  /** Neither slow nor failed, and not sampled. */
  leftOut: number;
  /** To be kept, and no room for them: the file, or the disk. */
  noRoom: number;
  /** Kept before all was known of them. */
  notWhole: number;
}

/**
 * Decides at the end of a request whether to keep it: each one is held, whole and in memory, until its last record is
 * settled. So a request is kept for what became of it, not for what could be known when it came.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  /** Answered and not whole, oldest first, with the time: those that will be kept as things stand, and the others. */
  readonly #sure = new Map<Trace, number>();
  readonly #open = new Map<Trace, number>();
  /** By shard and sequence number. */
  readonly #places = new Map<string, Map<string, Place>>();
  #placeCount = 0;
  readonly counts: KeeperCounts = {
    ...{ requests: 0, failed: 0, slow: 0, sampled: 0, leftOut: 0, noRoom: 0, notWhole: 0 },
  };

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Of the next request, 0..1. */
  get rate(): number {
    return this.#options.rate.rate;
  }

  /** Requests in memory that wait for their records to be settled. */
  get held(): number {
    return this.#sure.size + this.#open.size;
  }

  /** A record of `append` has its place in the log. */
  appended(append: Span, shard: string, sequenceNumber: string): void {
    // Let go of already, while its append was under way.
    if (append.trace.written) return;
    let places = this.#places.get(shard);
    if (places === undefined) this.#places.set(shard, (places = new Map<string, Place>()));
    const place = { append, shard, sequenceNumber };
    places.set(sequenceNumber, place);
    append.trace.places.add(place);
    this.#placeCount += 1;
  }

  /** The first `settled` records of a batch are settled, the others come again. */
  delivered(shard: string, sequenceNumbers: readonly string[], settled: number, batch: Trace): void {
    const places = this.#places.get(shard);
    if (places === undefined || places.size === 0) return;
    const touched = new Set<Trace>();
    for (const [i, sequenceNumber] of sequenceNumbers.entries()) {
      const place = places.get(sequenceNumber);
      if (place === undefined) continue;
      const { append } = place;
      const { delivered } = append.trace;
      const seen = delivered.some((one) => one.append === append && one.batch === batch);
      if (!seen) delivered.push({ append, batch });
      if (i < settled) this.#forget(place);
      touched.add(append.trace);
    }
    for (const trace of touched) {
      if (batch.failed) trace.failed = true;
      this.returned(trace);
    }
  }

  /** A request is answered, and perhaps not whole. */
  answered(trace: Trace): void {
    this.counts.requests += 1;
    trace.rate = this.#options.rate.take();
    if (trace.whole) {
      this.#decide(trace);
      return;
    }
    const held = this.#reason(trace) === undefined ? this.#open : this.#sure;
    held.set(trace, this.#options.monotonicMs());
    this.#makeRoom();
  }

  /** Something of an answered request came back late. */
  returned(trace: Trace): void {
    if (trace.whole && (this.#sure.has(trace) || this.#open.has(trace))) this.#decide(trace);
  }

  /** Lets go of those that have waited for too long. */
  tidy(): void {
    const before = this.#options.monotonicMs() - heldMsMax;
    for (const held of [this.#open, this.#sure]) {
      for (const [trace, since] of held) {
        if (since > before) break;
        this.#decide(trace);
      }
    }
  }

  /** Lets go of all. */
  end(): void {
    for (const held of [this.#open, this.#sure]) for (const trace of held.keys()) this.#decide(trace);
  }

  #makeRoom(): void {
    for (const held of [this.#open, this.#sure]) {
      for (const trace of held.keys()) {
        if (this.held <= this.#options.heldMax && this.#placeCount <= placesMax) return;
        this.#decide(trace);
      }
    }
  }

  #decide(trace: Trace): void {
    this.#sure.delete(trace);
    this.#open.delete(trace);
    const whole = trace.whole;
    trace.unsettled = trace.places.size;
    for (const place of trace.places) this.#forget(place);
    const why = this.#reason(trace);
    if (why === undefined) {
      this.counts.leftOut += 1;
      return;
    }
    if (why !== 'sampled') trace.rate = 1;
    if (!this.#options.write(trace, why)) {
      this.counts.noRoom += 1;
      return;
    }
    this.counts[why] += 1;
    if (!whole) this.counts.notWhole += 1;
  }

  #reason(trace: Trace): KeptReason | undefined {
    if (trace.failed) return 'failed';
    const { slowMs, slowSettledMs } = this.#options;
    if ((trace.durationMs ?? Infinity) > slowMs || (trace.settledAfterMs ?? 0) > slowSettledMs) return 'slow';
    return trace.rate === undefined ? undefined : 'sampled';
  }

  #forget(place: Place): void {
    const { append, shard, sequenceNumber } = place;
    append.trace.places.delete(place);
    if (this.#places.get(shard)?.delete(sequenceNumber) === true) this.#placeCount -= 1;
  }
}
