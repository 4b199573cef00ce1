import { assert } from '../../core/assert.ts';
import { formatToken } from '../../core/consistency-token.ts';
import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import { trackedPerAppendMax, type Tracked } from '../../core/delivery/tracked-event.ts';
import { compareSequenceNumbers } from '../../core/sequence-number.ts';
import { metrics } from '../../ports/telemetry.ts';
import { appendEvents, type Appended } from '../append-events.ts';
import type { Ports } from '../ports.ts';
import { encodeTracked } from './tracked-codec.ts';

/** An event whose signature, age and client have been checked. `at`: of its arrival. */
export type TrackedEvent = Omit<Tracked, 'v' | 'type' | 'traceparent'>;

/**
 * `tokens`: consistency tokens, one for each counter that got an event. `index`: of the event in the call;
 * `ambiguous`: it may still be in the log. Each event that is not in `failed` is in the log.
 */
export type AppendTrackedResult =
  | { readonly status: 'accepted'; readonly tokens: readonly string[] }
  | {
      readonly status: 'partial';
      readonly tokens: readonly string[];
      readonly failed: readonly { readonly index: number; readonly ambiguous: boolean }[];
    }
  | { readonly status: 'unavailable'; readonly ambiguous: boolean };

export interface TrackWriter {
  /**
   * Appends 1..500 events to the log of increments; a failure of the log is in the result. To send an event again
   * is safe: what is in the log twice is counted once, and its second record is a duplicate (or, if it is invalid,
   * invalid once more).
   */
  append(
    events: readonly TrackedEvent[],
    options?: { readonly traceparent?: string },
  ): Promise<AppendTrackedResult>;
}

export function createTrackWriter(
  deps: Pick<Ports, 'increments' | 'clock' | 'ids' | 'telemetry' | 'settings'>,
): TrackWriter {
  return {
    append: async (events, { traceparent } = {}) => {
      assert(events.length > 0 && events.length <= trackedPerAppendMax, 'a call has 1 to 500 events');
      const entries = events.map((event) => ({
        partitionKey: deliveryKey(event.ad, event.kind),
        data: encodeTracked({
          ...{ v: 1, type: 'Tracked', ...event },
          ...(traceparent !== undefined && { traceparent }),
        }),
      }));
      const results = await appendEvents({ ...deps, log: deps.increments }, entries, { repeatable: true });
      return toResult(
        deps,
        entries.map(({ partitionKey }) => partitionKey),
        results,
      );
    },
  };
}

type AppendedRecord = Extract<Appended, { status: 'appended' }>;

function toResult(
  deps: Pick<Ports, 'increments' | 'clock' | 'telemetry' | 'settings'>,
  partitionKeys: readonly string[],
  results: readonly Appended[],
): AppendTrackedResult {
  const last = new Map<string, AppendedRecord>();
  const failed: { index: number; ambiguous: boolean }[] = [];
  results.forEach((result, index) => {
    if (result.status === 'failed') {
      failed.push({ index, ambiguous: result.ambiguous });
      return;
    }
    const partitionKey = partitionKeys[index] as string;
    const known = last.get(partitionKey);
    // In the log, the events of a call need not be in the order of the call.
    if (known === undefined || compareSequenceNumbers(known.sequenceNumber, result.sequenceNumber) < 0)
      last.set(partitionKey, result);
  });
  const accepted = results.length - failed.length;
  if (accepted === 0) return { status: 'unavailable', ambiguous: failed.some(({ ambiguous }) => ambiguous) };
  deps.telemetry.count(metrics.trackedAccepted, accepted);
  const tokens = Array.from(last, ([partitionKey, record]) => tokenOf(deps, partitionKey, record));
  return failed.length === 0 ? { status: 'accepted', tokens } : { status: 'partial', tokens, failed };
}

function tokenOf(
  { increments, clock, settings }: Pick<Ports, 'increments' | 'clock' | 'settings'>,
  partitionKey: string,
  { shardId, sequenceNumber }: AppendedRecord,
): string {
  const position = { epoch: increments.epoch, shardId, sequenceNumber };
  return formatToken({
    ...{ type: 'counter', stage: settings.stage, position, issuedAtMs: clock.nowMs(), partitionKey },
  });
}
