import { AsyncLocalStorage } from 'node:async_hooks';
import { spanNames, type SpanName } from '../../core/span-names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SpanOutcome, Spans } from '../../ports/spans.ts';
import { errorName } from '../delivery/mapping-context.ts';
import type { Row, Rows, Thread } from './rows.ts';
import { Trace, type Commit, type Span, type TraceKind } from './trace.ts';

/** Spans of one request or batch; more are counted. */
const spansPerTraceMax = 1000;

export interface TracerOptions {
  readonly rows: Rows;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** The first span of a trace is back. */
  readonly onRoot: (trace: Trace) => void;
  /** A span came back after the first one of its trace. */
  readonly onLate: (trace: Trace) => void;
}

/** Where a span is drawn. */
interface Place {
  readonly row: Row;
  readonly label: string;
}

/**
 * Measures spans. Which request a call belongs to is known from the asynchronous context it is made in; what is called
 * outside of any is not measured. Work that one request begins and others share, such as a refresh of the catalog, is the
 * first one's.
 */
export class Tracer implements Spans {
  readonly #options: TracerOptions;
  readonly #current = new AsyncLocalStorage<Span>();
  readonly #places: Readonly<Partial<Record<SpanName, Place>>>;
  #numbers = 0;
  #lastCommit: Commit | undefined;
  #commitThread: Thread | undefined;
  /** false: everything is done as if there were no trace. */
  on = true;

  constructor(options: TracerOptions) {
    this.#options = options;
    this.#places = placesOf(options.rows);
  }

  around<T>(name: SpanName, work: () => Promise<T>, look?: (result: T) => SpanOutcome): Promise<T> {
    const place = this.#places[name];
    const parent = this.#current.getStore();
    if (!this.on || place === undefined || parent === undefined) return work();
    return this.#child(parent, name, place, work, look);
  }

  /** A span on the line of the one around it, which lasts at least as long. */
  within<T>(name: SpanName, work: () => Promise<T>): Promise<T> {
    const parent = this.#current.getStore();
    if (!this.on || parent === undefined) return work();
    return this.#measure(this.#begin(parent.trace, name, parent.thread, parent), work);
  }

  /** A call of a function, in a trace of its own when nobody who is measured calls it. */
  call<T>(
    name: SpanName,
    place: Place,
    work: () => Promise<T>,
    look?: (result: T) => SpanOutcome,
  ): Promise<T> {
    const parent = this.#current.getStore();
    if (!this.on) return work();
    if (parent === undefined) return this.root('clockwork', name, place, work, look);
    return this.#child(parent, name, place, work, look);
  }

  /** A trace of its own, whatever it is called in; `work` gets undefined when it is not measured. */
  root<T>(
    kind: TraceKind,
    name: SpanName,
    { row, label }: Place,
    work: (trace: Trace | undefined) => Promise<T>,
    look?: (result: T) => SpanOutcome,
  ): Promise<T> {
    const thread = this.on ? row.take(label) : undefined;
    if (thread === undefined) return this.#current.exit(() => work(undefined));
    const trace = new Trace(kind, (this.#numbers += 1));
    const span = this.#begin(trace, name, thread, undefined);
    return this.#measure(span, () => work(trace), look, thread);
  }

  /** The span that this is called in. */
  get current(): Span | undefined {
    return this.on ? this.#current.getStore() : undefined;
  }

  /** Shared by many, and so nobody's own: an append or a write remembers the last one that ended before it did. */
  async commit<T>(work: () => Promise<T>): Promise<T> {
    if (!this.on) return work();
    const { rows, clock } = this.#options;
    const thread = (this.#commitThread ??= rows.commit.take('commits'));
    const startMs = clock.monotonicMs();
    try {
      return await work();
    } finally {
      if (thread) this.#lastCommit = { thread, startMs, endMs: clock.monotonicMs(), written: false };
    }
  }

  get lastCommit(): Commit | undefined {
    return this.#lastCommit;
  }

  #child<T>(
    parent: Span,
    name: SpanName,
    { row, label }: Place,
    work: () => Promise<T>,
    look?: (result: T) => SpanOutcome,
  ): Promise<T> {
    const { trace } = parent;
    const thread = trace.spans.length < spansPerTraceMax && !trace.written ? row.take(label) : undefined;
    if (thread === undefined) {
      trace.spansLeftOut += 1;
      return work();
    }
    return this.#measure(this.#begin(trace, name, thread, parent), work, look, thread);
  }

  #begin(trace: Trace, name: SpanName, thread: Thread, parent: Span | undefined): Span {
    const startMs = this.#options.clock.monotonicMs();
    const span = { trace, name, thread, parent, startMs, endMs: undefined, failed: false, details: {} };
    trace.spans.push(span);
    trace.open += 1;
    return span;
  }

  async #measure<T>(
    span: Span,
    work: () => Promise<T>,
    look?: (result: T) => SpanOutcome,
    own?: Thread,
  ): Promise<T> {
    try {
      const result = await this.#current.run(span, work);
      const outcome = look?.(result);
      if (outcome?.details !== undefined) span.details = { ...span.details, ...outcome.details };
      span.failed = outcome?.failed === true;
      return result;
    } catch (error) {
      span.failed = true;
      span.details = { ...span.details, error: errorName(error) };
      throw error;
    } finally {
      this.#end(span, own);
    }
  }

  #end(span: Span, own: Thread | undefined): void {
    const { trace } = span;
    span.endMs = this.#options.clock.monotonicMs();
    if (span.failed) trace.failed = true;
    if (own !== undefined) own.busy = false;
    trace.open -= 1;
    if (span === trace.root) this.#options.onRoot(trace);
    else if (trace.root?.endMs !== undefined) this.#options.onLate(trace);
  }
}

function placesOf({ log, state, quarantine, schedule }: Rows): Readonly<Partial<Record<SpanName, Place>>> {
  const store = { row: state, label: 'call' };
  return {
    [spanNames.appendAdEvents]: { row: log, label: spanNames.appendAdEvents },
    [spanNames.appendIncrements]: { row: log, label: spanNames.appendIncrements },
    [spanNames.stateGet]: store,
    [spanNames.stateGetMany]: store,
    [spanNames.stateQuery]: store,
    [spanNames.stateWrite]: store,
    [spanNames.stateWriteEach]: store,
    [spanNames.stateTransact]: store,
    [spanNames.stateTransactEach]: store,
    [spanNames.quarantineStore]: { row: quarantine, label: 'store' },
    [spanNames.scheduleSet]: { row: schedule, label: 'call' },
    [spanNames.scheduleClear]: { row: schedule, label: 'call' },
  };
}
