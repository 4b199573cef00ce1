import type { CountChunk, TrackedPart } from '../../core/counters/chunk.ts';
import type { UncountedNumber } from '../../core/delivery/tracked-event.ts';
import type { Attributes } from '../../ports/state-store.ts';
import { metrics, type Metric } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';

/**
 * The metrics of one batch, reported once at its end: a metric per record would cost more than counting the
 * record.
 */
export class BatchTally {
  #counted = 0;
  #repeats = 0;
  #created = 0;
  readonly #tracked = new Map<Metric, number>();
  readonly #ages = new Map<number, Age>();

  add(chunk: CountChunk, nowMs: number): void {
    if (chunk.tracked !== undefined) {
      this.#addTracked(chunk.count, chunk.tracked);
      return;
    }
    this.#counted += chunk.count;
    this.#repeats += chunk.repeats;
    if (chunk.oldestAtMs !== undefined) this.#note(Math.max(0, nowMs - chunk.oldestAtMs), chunk.count);
  }

  /** `item`: a counter after `added` was added to it. If it holds nothing else, the counter is new. */
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
    for (const [metric, records] of this.#tracked) telemetry.count(metric, records);
  }

  #addTracked(counted: number, { uncounted }: TrackedPart): void {
    if (counted > 0) this.#countTracked(metrics.trackedCounted, counted);
    for (const [number, records] of uncounted) this.#countTracked(metricOf(number), Number(records));
  }

  #countTracked(metric: Metric, records: number): void {
    this.#tracked.set(metric, (this.#tracked.get(metric) ?? 0) + records);
  }

  /**
   * Ages that differ by less than a fifth are reported as the oldest of them, so that a batch reports few
   * values and not thousands.
   */
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

function metricOf(number: UncountedNumber): Metric {
  if (number === 'duplicate') return metrics.trackedDuplicate;
  return number === 'late' ? metrics.trackedLate : metrics.trackedInvalid;
}

/** From POST to counted. */
interface Age {
  ms: number;
  increments: number;
}

const agesPerDoubling = 4;
