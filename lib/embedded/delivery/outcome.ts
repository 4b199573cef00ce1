import type { LogRecord } from '../../ports/log-reader.ts';
import type { CallResult } from './invoker.ts';

/** The result of an invocation for its records. */
export type Verdict =
  | { readonly type: 'success' }
  /** Everything before `failedIndex` (an index into the batch) is settled, the rest is delivered again. */
  | { readonly type: 'partial'; readonly failedIndex: number }
  | { readonly type: 'failed'; readonly reason: 'thrown' | 'timed-out' | 'malformed-response' };

/** Judges the invocation that was given `records[from]` .. `records[to - 1]`. */
export function verdictOf(
  result: CallResult<unknown>,
  records: readonly LogRecord[],
  from: number,
  to: number,
): Verdict {
  if (result.type !== 'returned') return { type: 'failed', reason: result.type };
  const failures = failuresOf(result.response);
  if (failures === undefined) return malformed;
  if (failures.length === 0) return { type: 'success' };
  const failedIndex = lowestNamed(failures, records, from, to);
  return failedIndex === undefined ? malformed : { type: 'partial', failedIndex };
}

const malformed: Verdict = { type: 'failed', reason: 'malformed-response' };

/**
 * As measured on AWS: nothing, '', [], {} and an empty or null `batchItemFailures` are success; an object
 * without that name too, since the field is then null. undefined: it cannot be read.
 */
function failuresOf(response: unknown): readonly unknown[] | undefined {
  if (response === undefined || response === null || response === '') return [];
  if (Array.isArray(response)) return response.length === 0 ? [] : undefined;
  if (typeof response !== 'object') return undefined;
  const failures = 'batchItemFailures' in response ? response.batchItemFailures : undefined;
  if (failures === undefined || failures === null) return [];
  return Array.isArray(failures) ? (failures as readonly unknown[]) : undefined;
}

/** undefined: one of them is not an identifier of a record of the batch, so none of them counts. */
function lowestNamed(
  failures: readonly unknown[],
  records: readonly LogRecord[],
  from: number,
  to: number,
): number | undefined {
  const indexes = new Map<string, number>();
  for (let i = from; i < to; i += 1) {
    const record = records[i];
    if (record !== undefined) indexes.set(record.sequenceNumber, i);
  }
  let lowest = to;
  for (const failure of failures) {
    const index = indexes.get(identifierOf(failure) ?? '');
    if (index === undefined) return undefined;
    lowest = Math.min(lowest, index);
  }
  return lowest;
}

function identifierOf(failure: unknown): string | undefined {
  if (typeof failure !== 'object' || failure === null || !('itemIdentifier' in failure)) return undefined;
  return typeof failure.itemIdentifier === 'string' ? failure.itemIdentifier : undefined;
}
