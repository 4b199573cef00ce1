import type { SpanDetails } from '../../ports/spans.ts';
import type { Thread } from './rows.ts';

export interface Span {
  readonly trace: Trace;
  readonly name: string;
  readonly thread: Thread;
  /** undefined: the first span of its trace. */
  readonly parent: Span | undefined;
  readonly startMs: number;
  /** undefined: not back yet. */
  endMs: number | undefined;
  failed: boolean;
  details: SpanDetails;
  /** Of an append: the commit that put it on the disk. */
  commit?: Commit;
}

/** A write to the disk, shared by whoever waited for it. */
export interface Commit {
  readonly thread: Thread;
  readonly startMs: number;
  readonly endMs: number;
  written: boolean;
}

/** A record that is waited for. */
export interface Place {
  readonly append: Span;
  readonly shard: string;
  readonly sequenceNumber: string;
}

export type TraceKind = 'request' | 'batch' | 'clockwork';

/** Everything that one request, one delivered batch or one firing of a timer did. */
export class Trace {
  readonly kind: TraceKind;
  readonly number: number;
  readonly spans: Span[] = [];
  /** Which records were delivered in which batch; the arrows of the picture. */
  readonly delivered: { readonly append: Span; readonly batch: Trace }[] = [];
  /** Records that were not settled when it was let go of. */
  unsettled = 0;
  failed = false;
  /** Spans not back yet. */
  open = 0;
  /** Where its records are that are appended and not settled. */
  readonly places = new Set<Place>();
  spansLeftOut = 0;
  /** The probability by which it was sampled; undefined: it was not. */
  rate: number | undefined;
  written = false;

  constructor(kind: TraceKind, number: number) {
    this.kind = kind;
    this.number = number;
  }

  get root(): Span | undefined {
    return this.spans[0];
  }

  /** Nothing more will come. */
  get whole(): boolean {
    return this.open === 0 && this.places.size === 0;
  }

  /** To the answer; undefined: not answered. */
  get durationMs(): number | undefined {
    const { root } = this;
    return root?.endMs === undefined ? undefined : root.endMs - root.startMs;
  }

  /** To the end of the last batch that settled a record of it; undefined: none did. */
  get settledAfterMs(): number | undefined {
    const { root } = this;
    if (root === undefined || this.delivered.length === 0) return undefined;
    return Math.max(...this.delivered.map(({ batch }) => batch.root?.endMs ?? 0)) - root.startMs;
  }
}
