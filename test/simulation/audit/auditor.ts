import type { BlobStore } from '../../../lib/ports/blob-store.ts';
import type { StreamName } from '../../../lib/core/streams.ts';
import type { ExpiryInput } from '../../../lib/ports/expiry-schedule.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import type { Quarantine } from '../../../lib/ports/quarantine.ts';
import type { Attributes, ItemKey, StateStore } from '../../../lib/ports/state-store.ts';
import type { FunctionName, StageSettings } from '../../../lib/stages.ts';

/** The promises (docs/promises.md): G1 .. G14 and G17 of the product, I1 .. I14 of the pipeline. */
export type Invariant =
  | `G${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 17}`
  | `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14}`;

/** A promise that was seen broken. Only auditors and the world throw it; it ends the seed. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: Invariant;
  /** What is needed to understand it; plain values. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(invariant: Invariant, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
    this.facts = facts;
  }
}

export interface HttpRequestSent {
  readonly method: string;
  /** Path and query, percent-encoded. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One HTTP request from the client's side and, where the function got to answer, from the container's. */
export interface Exchange {
  readonly id: number;
  readonly request: HttpRequestSent;
  /** True time, milliseconds since 1970 UTC. */
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** undefined: the client gave up, or the answer was lost on its way. */
  readonly answer: HttpAnswer | undefined;
  /** Who signed it, or `anonymous`. */
  readonly principal: string;
  /** The function that was asked, and the container of it that answered (undefined: none did). */
  readonly functionName?: FunctionName;
  readonly containerId?: string;
  /** The container's own wall clock when it answered, up to 5 minutes off the true time. */
  readonly containerNowMs?: number;
  /** The same clock when the container was handed the request. */
  readonly containerStartedMs?: number;
}

/** A call that a container has been handed, or has answered. */
export interface ServedCall {
  /** From 1; the same at the beginning and at the answer. */
  readonly id: number;
  readonly containerId: string;
  readonly functionName: FunctionName;
  readonly principal: string;
  /** True time, milliseconds since 1970 UTC. */
  readonly atMs: number;
  readonly target: string;
  readonly body: string;
  /** undefined: it begins. */
  readonly answer: { readonly status: number; readonly body: string; readonly isReplay: boolean } | undefined;
}

/** A record as the log really took it; `epoch` names the incarnation of the stream. */
export interface AppendedRecord extends LogRecord {
  readonly shardId: string;
  readonly epoch: string;
  /** The container whose append it was; undefined: put straight on the stream by the simulator (poison). */
  readonly containerId?: string;
}

/** One item as a write left it. Items of one transaction come in one call. */
export interface ItemChange {
  readonly key: ItemKey;
  readonly before: Attributes | undefined;
  readonly after: Attributes | undefined;
}

/** A write that the store really applied, whatever the caller was told. */
export interface AppliedWrite {
  /** True time, milliseconds since 1970 UTC. */
  readonly atMs: number;
  /** The container that asked for it; undefined: the simulator itself (time to live, operators). */
  readonly containerId?: string;
  readonly functionName?: FunctionName;
  readonly changes: readonly ItemChange[];
}

/** Everything at rest, behind the fault wrappers. */
export interface RestView {
  readonly state: StateStore;
  readonly quarantine: Quarantine;
  readonly blobs: BlobStore;
  /** Every record ever appended, in the order of the appends, also those the retention dropped. */
  readonly adEvents: readonly AppendedRecord[];
  readonly increments: readonly AppendedRecord[];
  /** True time. */
  readonly nowMs: number;
  /** An ad that ended before this instant has been removed by now. */
  readonly removedBeforeMs: number;
  /** Ads may have goals, and nobody has asked for so long that their rights were counted or came back. */
  readonly rightsAreBack: boolean;
  readonly settings: StageSettings;
}

/**
 * Watches one seed from outside and throws a `Violation` when a promise is broken. Every method but `atRest`
 * is called at the instant of what it tells, in the order of true time, and must be synchronous.
 */
export interface Auditor {
  readonly name: string;
  /** Ground truth: what the log took, in order, one call per record. */
  appended?(stream: StreamName, record: AppendedRecord): void;
  exchanged?(exchange: Exchange): void;
  served?(call: ServedCall): void;
  /** A container asked the Scheduler for the end of an ad, whatever comes of that. */
  askedForSchedule?(input: ExpiryInput): void;
  /** What a container heard of a call of the Scheduler; false: a failure. */
  schedulerAnswered?(containerId: string, ok: boolean): void;
  /** Ground truth: what the store applied, in order. */
  wrote?(write: AppliedWrite): void;
  /** After healing, when nothing moves any more. */
  atRest(view: RestView): Promise<void>;
  /** Counters for the report. */
  facts?(): Readonly<Record<string, number>>;
}
