import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { errorName } from '../../ports/port-error.ts';
import type { Span, SpanAttributes, SpanContext, Spans } from '../../ports/spans.ts';

/** A span under way, and the part of its trace that is in this process, in the order of their beginnings. */
export type ActiveSpan = { -readonly [Field in keyof Span]: Span[Field] } & {
  readonly trace: { readonly sampled: boolean; readonly spans: ActiveSpan[] };
};

export interface TraceStart {
  readonly sampled: boolean;
  /** A caller's span, whose trace this one carries on. */
  readonly parent?: SpanContext | undefined;
}

export interface TracerOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly ids: Pick<Ids, 'nonce'>;
  /** Takes a trace when its first span ends. Spans that have not ended are marked as `unfinished`. */
  readonly onEnd: (root: ActiveSpan) => void;
  /** The trace of a span that is begun outside any other; undefined: it is not measured. Default: never. */
  readonly outer?: () => TraceStart | undefined;
}

const spansPerTraceMax = 500;
/** A wall clock that is off by more has been set, or the process was frozen. */
const driftMsMax = 100;

/** Measures spans. The asynchronous context of a call says which span it is part of. */
export class Tracer implements Spans {
  readonly #options: TracerOptions;
  readonly #active = new AsyncLocalStorage<ActiveSpan>();
  /** Wall time at 0 of the monotonic clock: spans keep their order to the microsecond. */
  #wallMs = 0;

  constructor(options: TracerOptions) {
    this.#options = options;
  }

  /** The span that this is called in. */
  get current(): ActiveSpan | undefined {
    return this.#active.getStore();
  }

  around<T>(name: string, work: () => Promise<T>, look?: (result: T) => SpanAttributes): Promise<T> {
    const parent = this.current;
    if (parent !== undefined) return this.#measure(this.begin(name, parent, parent.trace), work, look);
    const outer = this.#options.outer?.();
    return outer === undefined ? work() : this.root(name, outer, work, look);
  }

  /** Begins a trace, whatever it is called in. `look` may complete its first span. */
  async root<T>(
    name: string,
    { sampled, parent }: TraceStart,
    work: () => Promise<T>,
    look?: (result: T, root: ActiveSpan) => SpanAttributes,
  ): Promise<T> {
    const { clock, ids, onEnd } = this.#options;
    const wallMs = clock.nowMs() - clock.monotonicMs();
    if (Math.abs(wallMs - this.#wallMs) > driftMsMax) this.#wallMs = wallMs;
    const root = this.begin(name, parent ?? { traceId: ids.nonce() }, { sampled, spans: [] });
    try {
      return await this.#measure(root, work, look);
    } finally {
      for (const span of root.trace.spans.filter(({ endMs }) => endMs === 0)) {
        Object.assign(span, { endMs: root.endMs, attributes: { unfinished: true } });
      }
      onEnd(root);
    }
  }

  /** For work that is measured by hand: its times are to be set. */
  begin(name: string, parent: { traceId: string; spanId?: string }, trace: ActiveSpan['trace']): ActiveSpan {
    const { traceId, spanId: parentId } = parent;
    const spanId = this.#options.ids.nonce().slice(0, 16);
    const context = { traceId, spanId, parentId, name, trace };
    const span = { ...context, startMs: this.now(), endMs: 0, failed: false, attributes: {}, links: [] };
    const [root = span] = trace.spans;
    if (trace.spans.length === spansPerTraceMax)
      root.attributes = { ...root.attributes, spans_left_out: true };
    // Work that no call waited for may begin after the end of the trace.
    else if (root.endMs === 0) trace.spans.push(span);
    return span;
  }

  /** Wall time that never goes back within a trace. */
  now(): number {
    return this.#wallMs + this.#options.clock.monotonicMs();
  }

  async #measure<T>(
    span: ActiveSpan,
    work: () => Promise<T>,
    look?: (result: T, span: ActiveSpan) => SpanAttributes,
  ): Promise<T> {
    try {
      const result = await this.#active.run(span, work);
      const { failed = false, ...attributes } = look?.(result, span) ?? {};
      Object.assign(span, { failed, attributes: { ...span.attributes, ...attributes } });
      return result;
    } catch (error) {
      Object.assign(span, { failed: true, attributes: { ...span.attributes, error: errorName(error) } });
      throw error;
    } finally {
      span.endMs = this.now();
    }
  }
}
