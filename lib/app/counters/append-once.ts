import { assert } from '../../core/assert.ts';
import { appendEntriesMax, type AppendResult, type LogEntry } from '../../ports/event-log.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import { backoffMs, type RetryLimits } from './backoff.ts';

/** The client is waiting: at most about 0.4 s, then it is told. */
const retryLimits: RetryLimits = { retriesMax: 3, firstDelayMs: 50, delayMaxMs: 200 };

export type Appended =
  | Extract<AppendResult, { status: 'appended' }>
  /** `ambiguous`: some attempt may have been written, or may yet be. */
  | { readonly status: 'failed'; readonly ambiguous: boolean };

/**
 * Appends entries so that each ends up counted once at most. What was certainly not written is sent again a few times.
 * What may have been written is not, because a second record would be counted again; unless `repeatable` says that
 * the events carry claims, by which the consumer absorbs the copy. Result i belongs to entry i.
 */
export async function appendOnce(
  deps: Pick<Ports, 'increments' | 'clock' | 'ids' | 'telemetry'>,
  entries: readonly LogEntry[],
  repeatable: boolean,
  onRefused: (partitionKey: string) => void = () => undefined,
): Promise<readonly Appended[]> {
  const results: Appended[] = entries.map(() => ({ status: 'failed', ambiguous: false }));
  let open = entries.map((_, index) => index);
  for (let retry = 0; ; retry += 1) {
    open = await appendSlices(deps, { entries, open, results, repeatable, onRefused });
    if (open.length === 0 || retry === retryLimits.retriesMax) return results;
    await deps.clock.sleep(backoffMs(retryLimits, retry, deps.ids.random()));
  }
}

interface Attempt {
  readonly entries: readonly LogEntry[];
  /** Indexes of the entries to send. */
  readonly open: readonly number[];
  readonly results: Appended[];
  readonly repeatable: boolean;
  readonly onRefused: (partitionKey: string) => void;
}

/** Returns the indexes of what may be sent again. */
async function appendSlices(
  { increments, telemetry }: Pick<Ports, 'increments' | 'telemetry'>,
  { entries, open, results, repeatable, onRefused }: Attempt,
): Promise<number[]> {
  const again: number[] = [];
  let unknown = 0;
  for (let start = 0; start < open.length; start += appendEntriesMax) {
    const slice = open.slice(start, start + appendEntriesMax);
    const answers = await increments.append(slice.map((index) => entries[index] as LogEntry));
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
      else onRefused((entries[index] as LogEntry).partitionKey);
      results[index] = { status: 'failed', ambiguous: before.ambiguous || isUnknown };
      if (!isUnknown || repeatable) again.push(index);
    });
  }
  if (unknown > 0) telemetry.count(metrics.appendUnknown, unknown);
  const refused = again.length - (repeatable ? unknown : 0);
  if (refused > 0) telemetry.count(metrics.appendRefused, refused);
  return again;
}
