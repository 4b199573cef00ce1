import type { Log } from '../ports/telemetry.ts';

/**
 * The most lines about single events per batch, so that a client that samples every request does not flood
 * the log.
 */
const tracedPerBatchMax = 100;

const sampled = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/**
 * The trace id of a W3C `traceparent` with the sampled flag; otherwise undefined. It also reads events of any
 * older producer, so a malformed one counts as none.
 */
export function sampledTraceId(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : sampled.exec(traceparent)?.[1];
}

/** The sampled events of a batch, until their results are known. */
export class TracedEvents {
  readonly #events: { readonly traceId: string; readonly id: string; readonly sequenceNumber: string }[] = [];

  note(event: { readonly id: string; readonly traceparent: string }, sequenceNumber: string): void {
    if (this.#events.length >= tracedPerBatchMax) return;
    const traceId = sampledTraceId(event.traceparent);
    if (traceId !== undefined) this.#events.push({ traceId, id: event.id, sequenceNumber });
  }

  /** Logs one line for each event whose record is not in `left`. */
  tell(log: Pick<Log, 'info'>, message: string, left: readonly { readonly sequenceNumber: string }[]): void {
    if (this.#events.length === 0) return;
    const open = new Set(left.map(({ sequenceNumber }) => sequenceNumber));
    for (const { traceId, id, sequenceNumber } of this.#events) {
      if (!open.has(sequenceNumber)) log.info(message, { trace_id: traceId, event: id, sequenceNumber });
    }
  }
}

/** The trace id of a well-formed `traceparent`, sampled or not. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent?.slice(3, 35);
}
