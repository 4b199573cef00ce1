import { arrowNames, spanNames } from '../../core/span-names.ts';
import type { SpanDetails } from '../../ports/spans.ts';
import type { Thread } from './rows.ts';
import type { Span, Trace } from './trace.ts';

/**
 * Events in Chrome's Trace Event Format, which Perfetto reads too. Times there are microseconds with a fraction. Events that
 * belong together are in the order in which equal times must be read: what an arrow ends at comes before the arrow.
 */
export class TraceEvents {
  readonly #named = new Set<number>();
  readonly #startMs: number;
  #arrows = 0;

  /** Times are counted from `startMs` on. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** All events of a trace, without those of the batches that settled it; `args` go to its first span. */
  ofTrace(trace: Trace, args: SpanDetails): string[] {
    const events: string[] = [];
    const id = { [trace.kind]: trace.number };
    for (const span of trace.spans) {
      const first = span.parent === undefined;
      const flags = {
        ...(span.failed && { failed: true }),
        ...(span.endMs === undefined && { unfinished: true }),
      };
      this.#slice(events, span, { ...id, ...span.details, ...flags, ...(first && args) });
    }
    for (const span of trace.spans) this.#arrowOfCall(events, span);
    return events;
  }

  /** From an append over its commit to the batch that its records were delivered in. Both have been written. */
  ofDelivery(trace: Trace): string[] {
    const events: string[] = [];
    for (const { append, batch } of trace.delivered) {
      const to = batch.root;
      if (to === undefined) continue;
      const { commit } = append;
      if (commit !== undefined && !commit.written) {
        commit.written = true;
        this.#name(events, commit.thread);
        events.push(this.#complete(spanNames.groupCommit, commit.thread, commit.startMs, commit.endMs, {}));
      }
      const id = (this.#arrows += 1);
      events.push(this.#arrow('s', arrowNames.delivered, id, append.thread, append.startMs));
      if (commit) events.push(this.#arrow('t', arrowNames.delivered, id, commit.thread, commit.startMs));
      events.push(this.#arrow('f', arrowNames.delivered, id, to.thread, to.startMs));
    }
    return events;
  }

  /** Something about the whole, at an instant. */
  note(name: string, nowMs: number, args: SpanDetails): string {
    return JSON.stringify({ name, cat: 'trace', ph: 'i', s: 'g', ts: this.#us(nowMs), pid: 0, tid: 0, args });
  }

  /** A curve: as many lines as there are values. */
  counter(name: string, nowMs: number, args: Readonly<Record<string, number>>): string {
    return JSON.stringify({ name, cat: 'trace', ph: 'C', ts: this.#us(nowMs), pid: 0, tid: 0, args });
  }

  #slice(events: string[], span: Span, args: SpanDetails): void {
    this.#name(events, span.thread);
    const endMs = span.endMs ?? span.startMs;
    events.push(this.#complete(span.name, span.thread, span.startMs, endMs, args));
  }

  /** Spans within one line nest; from one line to another an arrow shows who called. */
  #arrowOfCall(events: string[], { parent, thread, startMs }: Span): void {
    if (parent === undefined || parent.thread === thread) return;
    const id = (this.#arrows += 1);
    events.push(this.#arrow('s', arrowNames.calls, id, parent.thread, startMs));
    events.push(this.#arrow('f', arrowNames.calls, id, thread, startMs));
  }

  #complete(name: string, thread: Thread, startMs: number, endMs: number, args: SpanDetails): string {
    const ts = this.#us(startMs);
    // Not the rounded difference: what ends at an instant must not seem to end after it.
    const dur = Math.round((this.#us(endMs) - ts) * 1000) / 1000;
    const { tid, row } = thread;
    return JSON.stringify({ name, cat: row.name, ph: 'X', ts, dur, pid: row.pid, tid, args });
  }

  #arrow(ph: 's' | 't' | 'f', name: string, id: number, { tid, row }: Thread, atMs: number): string {
    const bind = ph === 's' ? {} : { bp: 'e' };
    return JSON.stringify({ name, cat: 'arrow', ph, id, ts: this.#us(atMs), pid: row.pid, tid, ...bind });
  }

  /** The names of a line and its group, before the first event there. */
  #name(events: string[], { tid, name, row }: Thread): void {
    const meta = (what: string, args: Readonly<Record<string, string | number>>, thread?: number): void => {
      events.push(JSON.stringify({ name: what, ph: 'M', pid: row.pid, tid: thread ?? 0, args }));
    };
    if (!this.#named.has(row.pid)) {
      this.#named.add(row.pid);
      meta('process_name', { name: row.name });
      meta('process_sort_index', { sort_index: row.pid });
    }
    if (!this.#named.has(tid)) {
      this.#named.add(tid);
      meta('thread_name', { name }, tid);
      meta('thread_sort_index', { sort_index: tid }, tid);
    }
  }

  /** Whole nanoseconds, as microseconds. */
  #us(atMs: number): number {
    return Math.round((atMs - this.#startMs) * 1e6) / 1000;
  }
}
