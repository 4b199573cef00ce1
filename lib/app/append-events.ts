import { assert } from '../core/assert.ts';
import { backoffMs } from '../core/backoff.ts';
import { appendEntriesMax, type AppendResult, type EventLog, type LogEntry } from '../ports/event-log.ts';
import { metrics } from '../ports/telemetry.ts';
import type { Ports } from './ports.ts';
import { clientRetries } from './retry.ts';

export type Appended =
  | Extract<AppendResult, { status: 'appended' }>
  /** `ambiguous`: an attempt may have been written, or may be written later. */
  | { readonly status: 'failed'; readonly ambiguous: boolean };

export interface AppendOptions {
  /**
   * A second copy of these events has no effect: the consumer decides each event id once, or finds its claim.
   * Only then is an append of unknown outcome sent again.
   */
  readonly repeatable: boolean;
  /** Called for each entry that the log certainly did not accept, once per attempt. */
  readonly onRefused?: (partitionKey: string) => void;
}

/**
 * Appends entries so that each takes effect at most once. Entries that were certainly not written are sent
 * again a few times. Entries that may have been written are sent again only if they are `repeatable`. Result
 * i belongs to entry i.
 */
export async function appendEvents(
  deps: { readonly log: EventLog } & Pick<Ports, 'clock' | 'ids' | 'telemetry'>,
  entries: readonly LogEntry[],
  options: AppendOptions,
): Promise<readonly Appended[]> {
  const results: Appended[] = entries.map(() => ({ status: 'failed', ambiguous: false }));
  let open = entries.map((_, index) => index);
  for (let failures = 1; ; failures += 1) {
    open = await appendSlices(deps, { entries, open, results, ...options });
    if (open.length === 0 || failures > clientRetries.retriesMax) return results;
    await deps.clock.sleep(backoffMs(failures, clientRetries, deps.ids.random()));
  }
}

interface Attempt extends AppendOptions {
  readonly entries: readonly LogEntry[];
  /** Indexes of the entries to send. */
  readonly open: readonly number[];
  readonly results: Appended[];
}

/** Returns the indexes of the entries that may be sent again. */
async function appendSlices(
  { log, telemetry }: { readonly log: EventLog } & Pick<Ports, 'telemetry'>,
  { entries, open, results, repeatable, onRefused }: Attempt,
): Promise<number[]> {
  const again: number[] = [];
  let unknown = 0;
  for (let start = 0; start < open.length; start += appendEntriesMax) {
    const slice = open.slice(start, start + appendEntriesMax);
    const answers = await log.append(slice.map((index) => entries[index] as LogEntry));
    slice.forEach((index, i) => {
      const answer = answers[i];
      const before = results[index];
      assert(answer !== undefined && before?.status === 'failed', 'an open entry gets its answer');
      if (answer.status === 'appended') {
        results[index] = answer;
        return;
      }
      const isUnknown = answer.status === 'unknown';
      if (isUnknown) unknown += 1;
      else onRefused?.((entries[index] as LogEntry).partitionKey);
      results[index] = { status: 'failed', ambiguous: before.ambiguous || isUnknown };
      if (!isUnknown || repeatable) again.push(index);
    });
  }
  if (unknown > 0) telemetry.count(metrics.appendUnknown, unknown);
  const refused = again.length - (repeatable ? unknown : 0);
  if (refused > 0) telemetry.count(metrics.appendRefused, refused);
  return again;
}
