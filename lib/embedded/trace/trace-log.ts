import type { SpanDetails } from '../../ports/spans.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { createPeriodic, type Periodic } from '../housekeeping/periodic.ts';
import type { KeptReason, Keeper } from './keeper.ts';
import { TraceEvents } from './trace-events.ts';
import type { TraceFile } from './trace-file.ts';
import type { Trace } from './trace.ts';

export interface TraceLogOptions {
  readonly file: TraceFile;
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** What the file says of itself at its beginning. */
  readonly about: SpanDetails;
  readonly keeper: Keeper;
  /** Nothing more is taken: the file is full, or cannot be written. */
  readonly onEnd: () => void;
}

const flushEveryMs = 250;
const countersEveryMs = 1000;

/** Room for the last words of a file. */
const endBytes = 4096;

/** A span with the names of its line and the two ends of an arrow takes less. */
const spanBytesMax = 768;

/** Writes kept traces to the file, and what was left out. */
export class TraceLog {
  readonly #options: TraceLogOptions;
  readonly #events: TraceEvents;
  readonly #periodic: Periodic;
  #countersDueMs = 0;
  #told = '';
  #ended: Promise<void> | undefined;

  constructor(options: TraceLogOptions) {
    const { clock, file, about } = options;
    this.#options = options;
    const nowMs = clock.monotonicMs();
    this.#events = new TraceEvents(nowMs);
    file.offer([this.#events.note('adtally trace', nowMs, about)]);
    this.#periodic = createPeriodic({
      ...{ name: 'write the trace', everyMs: flushEveryMs, clock, telemetry: options.telemetry },
      task: () => this.#tick(),
    });
    this.#periodic.start();
  }

  /** A request with the batches that its records were delivered in; false: there is no room. */
  request(trace: Trace, why: KeptReason): boolean {
    const batches = trace.delivered.map(({ batch }) => batch).filter(({ written }) => !written);
    if (!this.#hasRoom([trace, ...batches], why)) return false;
    for (const batch of batches) this.#write(batch, {});
    const { rate, spansLeftOut, unsettled } = trace;
    this.#write(trace, {
      ...{ kept: why, rate: rate ?? 1 },
      ...(unsettled > 0 && { records_not_settled: unsettled }),
      ...(spansLeftOut > 0 && { spans_left_out: spansLeftOut }),
    });
    this.#options.file.offer(this.#events.ofDelivery(trace));
    return true;
  }

  /** A batch that is kept for its own sake. */
  batch(trace: Trace, why: KeptReason): void {
    if (!trace.written && this.#hasRoom([trace], why)) this.#write(trace, { kept: why });
  }

  /** Writes the rest, with the reason as the last word, and closes the file. */
  end(reason: 'stopped' | 'full' | 'broken'): Promise<void> {
    this.#ended ??= this.#end(reason);
    return this.#ended;
  }

  #write(trace: Trace, args: SpanDetails): void {
    // Once: a batch may have settled several records of a request.
    if (trace.written) return;
    trace.written = true;
    this.#options.file.offer(this.#events.ofTrace(trace, args));
  }

  /** What is only a sample gets half of the file; what is slow or failed may have it all. */
  #hasRoom(traces: readonly Trace[], why: KeptReason): boolean {
    const { file, bytesMax } = this.#options;
    if (this.#ended !== undefined || !file.ready) return false;
    const spans = traces.reduce((sum, { spans, delivered }) => sum + spans.length + delivered.length, 1);
    const left = file.bytesLeft - spans * spanBytesMax - endBytes;
    if (why === 'sampled') return left > bytesMax / 2;
    if (left < 0) void this.end('full');
    return left >= 0;
  }

  async #tick(): Promise<void> {
    if (this.#ended !== undefined) return;
    const { clock, file, keeper } = this.#options;
    keeper.tidy();
    const nowMs = clock.monotonicMs();
    if (nowMs >= this.#countersDueMs) {
      this.#countersDueMs = nowMs + countersEveryMs;
      this.#tell(nowMs);
    }
    try {
      await file.flush();
    } catch (error) {
      this.#options.telemetry.warn('the trace ends: its file cannot be written', { error: codeOf(error) });
      void this.end('broken');
    }
  }

  /** So that a file that was never ended says too, to the second, what it lacks. */
  #tell(nowMs: number): void {
    const { file, keeper } = this.#options;
    const { kept, leftOut } = totals(keeper);
    const told = `${kept}/${leftOut}`;
    if (told === this.#told || file.bytesLeft < 2 * endBytes) return;
    this.#told = told;
    const { held, rate } = keeper;
    file.offer([
      this.#events.counter('requests', nowMs, { kept, left_out: leftOut, held }),
      this.#events.counter('sampled, percent', nowMs, { rate: rate * 100 }),
    ]);
  }

  async #end(reason: 'stopped' | 'full' | 'broken'): Promise<void> {
    const { file, keeper, clock, telemetry, onEnd } = this.#options;
    onEnd();
    const { requests, failed, slow, sampled, leftOut, noRoom, notWhole } = keeper.counts;
    const counts = {
      ...{ reason, requests, kept_failed: failed, kept_slow: slow, kept_sampled: sampled },
      ...{ left_out: leftOut, left_out_for_want_of_room: noRoom, kept_not_whole: notWhole },
    };
    if (reason !== 'broken') file.offer([this.#events.note('end of the trace', clock.monotonicMs(), counts)]);
    try {
      if (reason !== 'broken') await file.flush();
      telemetry.info(reason === 'full' ? 'the trace is full and ends' : 'the trace ends', counts);
    } catch (error) {
      telemetry.warn('the end of the trace is lost', { error: codeOf(error) });
    } finally {
      await file.close();
    }
    await this.#periodic.stop();
  }
}

function totals({ counts, held }: Keeper): { kept: number; leftOut: number } {
  const kept = counts.failed + counts.slow + counts.sampled;
  return { kept, leftOut: counts.requests - kept - held };
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? error);
}
