/** Facts about a span. Ad content and counter keys are user data: they never go in. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
}

/** A measured piece of work, in OpenTelemetry's words. The spans of one request or batch are a trace. */
export interface Span extends SpanContext {
  /** undefined: the first span of its trace. */
  readonly parentId: string | undefined;
  /** Letters, digits, blanks and `_.:/%&#=+\-@`: a tracing service may take no others. */
  readonly name: string;
  /** Milliseconds since 1970 UTC, with a fraction. */
  readonly startMs: number;
  readonly endMs: number;
  readonly failed: boolean;
  readonly attributes: SpanAttributes;
  /** Of a batch: the appends, in other traces, whose records it settled. */
  readonly links: readonly SpanContext[];
}

export interface Spans {
  /**
   * Does `work` and notes how long it took and whether it threw; `look` reads attributes from its result,
   * with `failed: true` if the call failed without throwing. Does not change the outcome, and waits for
   * nothing else.
   */
  around<T>(name: string, work: () => Promise<T>, look?: (result: T) => SpanAttributes): Promise<T>;
}

/** Takes finished spans out of the process. */
export interface SpanExporter {
  /**
   * Takes spans of one trace. Neither waits nor throws: what finds no room is dropped, and the first loss is
   * logged.
   */
  export(spans: readonly Span[]): void;
  /** Sends what it has, for a few seconds at most. Never rejects. */
  stop(): Promise<void>;
}
