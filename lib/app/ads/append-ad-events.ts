import type { AdEvent } from '../../core/ads/ad-event.ts';
import { adEventsPartitionKey } from '../../core/streams.ts';
import type { AppendResult } from '../../ports/event-log.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { encodeAdEvent } from './ad-event-codec.ts';

/** Tries at one event: a client waits for the answer. */
const triesMax = 3;
const backoffMs = 50;

export type AppendOutcome =
  | { readonly status: 'appended'; readonly shardId: string; readonly sequenceNumber: string }
  /** `ambiguous`: it may be in the log all the same, or get there yet. */
  | { readonly status: 'failed'; readonly ambiguous: boolean };

/**
 * Appends events; outcome i belongs to event i. An ad event may well be in the log twice: the projector absorbs the
 * second by its id, so also an append of unknown outcome is tried again, and is ambiguous only if no later try tells.
 */
export async function appendAdEvents(
  { adEvents, clock, ids, telemetry }: Pick<Ports, 'adEvents' | 'clock' | 'ids' | 'telemetry'>,
  events: readonly AdEvent[],
): Promise<readonly AppendOutcome[]> {
  const entries = events.map((event) => ({ partitionKey: adEventsPartitionKey, data: encodeAdEvent(event) }));
  const outcomes = events.map((): AppendOutcome => ({ status: 'failed', ambiguous: false }));
  let open = entries.map((_entry, index) => index);
  for (let tries = 0; tries < triesMax && open.length > 0; tries += 1) {
    if (tries > 0) await clock.sleep((0.5 + ids.random()) * backoffMs * 2 ** (tries - 1));
    const results = await adEvents.append(open.flatMap((index) => entries[index] ?? []));
    open = open.filter((index, place) => {
      const result = results[place];
      const before = outcomes[index];
      if (result === undefined || before === undefined) return false;
      if (result.status === 'appended') {
        const { shardId, sequenceNumber } = result;
        outcomes[index] = { status: 'appended', shardId, sequenceNumber };
        return false;
      }
      telemetry.count(result.status === 'refused' ? metrics.appendRefused : metrics.appendUnknown);
      outcomes[index] = { status: 'failed', ambiguous: isAmbiguous(before, result) };
      return true;
    });
  }
  return outcomes;
}

/** A later refusal says nothing about an earlier try that nobody knows the end of. */
function isAmbiguous(before: AppendOutcome, result: AppendResult): boolean {
  return result.status === 'unknown' || (before.status === 'failed' && before.ambiguous);
}
