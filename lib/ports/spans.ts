import type { SpanName } from '../core/span-names.ts';

/** Facts about a span. Ad content and counter keys are user data: they never go in. */
export type SpanDetails = Readonly<Record<string, string | number | boolean>>;

export interface SpanOutcome {
  readonly details?: SpanDetails;
  /** It came back, and not with what was asked for. */
  readonly failed?: boolean;
}

/** Measures pieces of work. */
export interface Spans {
  /**
   * Does `work` and notes how long it took and whether it threw; `look` says more of what it came to. Changes nothing of the
   * outcome, and waits for nothing but the work.
   */
  around<T>(name: SpanName, work: () => Promise<T>, look?: (result: T) => SpanOutcome): Promise<T>;
}
