import type { CountChunk } from '../../core/counters/chunk.ts';
import type { Attributes } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';

/** What one batch did, told once at its end: a metric per record would cost more than counting it. */
export class BatchTally {
  #counted = 0;
  #repeats = 0;
  #created = 0;
  #oldestAtMs = Infinity;

  add(chunk: CountChunk): void {
    this.#counted += chunk.count;
    this.#repeats += chunk.repeats;
    this.#oldestAtMs = Math.min(this.#oldestAtMs, chunk.oldestAtMs ?? Infinity);
  }

  /** `item`: a counter after `added` was added to it. Nothing else in it: it was not there before. */
  noteItem(item: Attributes, added: bigint): void {
    if (added > 0n && item['total'] === added) this.#created += 1;
  }

  report({ telemetry, clock }: Pick<Ports, 'telemetry' | 'clock'>): void {
    if (this.#counted > 0) {
      telemetry.count(metrics.incrementsCounted, this.#counted);
      telemetry.observe(metrics.countFreshnessMs, Math.max(0, clock.nowMs() - this.#oldestAtMs));
    }
    if (this.#repeats > 0) telemetry.count(metrics.incrementsDuplicate, this.#repeats);
    if (this.#created > 0) telemetry.count(metrics.countersCreated, this.#created);
  }
}
