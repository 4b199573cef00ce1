import type { CountChunk } from '../../core/counters/chunk.ts';
import type { Attributes } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';

/** What one batch did, reported once at its end: a metric per record would cost more than counting the record. */
export class BatchTally {
  #counted = 0;
  #repeats = 0;
  #created = 0;
  readonly #ages = new Map<number, Age>();

  add(chunk: CountChunk, nowMs: number): void {
    this.#counted += chunk.count;
    this.#repeats += chunk.repeats;
    if (chunk.oldestAtMs !== undefined) this.#note(Math.max(0, nowMs - chunk.oldestAtMs), chunk.count);
  }

  /** `item`: a counter after `added` was added to it. Nothing else in it: it was not there before. */
  noteItem(item: Attributes, added: bigint): void {
    if (added > 0n && item['total'] === added) this.#created += 1;
  }

  report({ telemetry }: Pick<Ports, 'telemetry'>): void {
    if (this.#counted > 0) telemetry.count(metrics.incrementsCounted, this.#counted);
    for (const { ms, increments } of this.#ages.values()) {
      telemetry.observe(metrics.countFreshnessMs, ms, increments);
    }
    if (this.#repeats > 0) telemetry.count(metrics.incrementsDuplicate, this.#repeats);
    if (this.#created > 0) telemetry.count(metrics.countersCreated, this.#created);
  }

  /** Ages that differ by less than a fifth are reported as one, the oldest: a batch reports few values, not thousands. */
  #note(ms: number, increments: number): void {
    const bucket = Math.ceil(Math.log2(ms + 1) * agesPerDoubling);
    const age = this.#ages.get(bucket);
    if (age === undefined) {
      this.#ages.set(bucket, { ms, increments });
      return;
    }
    age.ms = Math.max(age.ms, ms);
    age.increments += increments;
  }
}

/** From POST to counted. */
interface Age {
  ms: number;
  increments: number;
}

const agesPerDoubling = 4;
