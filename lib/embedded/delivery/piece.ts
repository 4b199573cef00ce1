import type { DeliverySettings } from '../../stages.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { backoffMs, type Backoff } from '../../core/backoff.ts';
import type { Verdict } from './outcome.ts';

/** Records of one batch that are delivered together: the whole batch, or a part of it after a failure. */
export interface Piece {
  /** Indexes into the batch: `from` .. `to` - 1. */
  readonly from: number;
  readonly to: number;
  /** Invocations that had these records, also before a split. */
  readonly invocations: number;
  /** Retries that count against `maximumRetryAttempts`; a split does not. */
  readonly retries: number;
  /** Failures in a row without progress, for the pause before the next invocation. */
  readonly failures: number;
}

export function wholeBatch(records: number): Piece {
  return { from: 0, to: records, invocations: 0, retries: 0, failures: 0 };
}

/** What to do after an invocation of a piece, in this order. */
export interface NextSteps {
  /** Records of the piece before this index are settled. */
  readonly settledTo: number;
  /** Given up: goes to the failure destination and is then settled. */
  readonly discard: Piece | undefined;
  /** Delivered next, one after the other: at most two. */
  readonly pieces: readonly Piece[];
  /** Pause before the first of them. */
  readonly delayMs: number;
}

/**
 * Lambda's rules. A thrown error with bisect on makes two halves; the right one follows the left. A partial
 * answer settles the records before the one it names. The rest is tried again, which costs a retry; with
 * bisect on it counts as a split and costs none. A partial answer that names the first record splits nothing
 * off. With bisect on the piece is then halved as after a thrown error. So when retries run out, one poison
 * record is discarded and not the rest of its batch.
 */
export function nextSteps(
  piece: Piece,
  verdict: Verdict,
  settings: Pick<DeliverySettings, 'bisectBatchOnFunctionError' | 'maximumRetryAttempts'>,
  backoff: Backoff,
): NextSteps {
  if (verdict.type === 'success') {
    return { settledTo: piece.to, discard: undefined, pieces: [], delayMs: 0 };
  }
  const settledTo = verdict.type === 'partial' ? verdict.failedIndex : piece.from;
  const progress = settledTo > piece.from;
  const rest: Piece = {
    ...piece,
    from: settledTo,
    invocations: piece.invocations + 1,
    failures: progress ? 1 : piece.failures + 1,
  };
  const delayMs = backoffMs(rest.failures, backoff);
  if (settings.bisectBatchOnFunctionError && (progress || rest.to - rest.from > 1)) {
    const pieces = progress ? [rest] : halves(rest);
    return { settledTo, discard: undefined, pieces, delayMs: backoff.firstMs };
  }
  if (settings.maximumRetryAttempts >= 0 && rest.retries >= settings.maximumRetryAttempts) {
    return { settledTo, discard: rest, pieces: [], delayMs: 0 };
  }
  return { settledTo, discard: undefined, pieces: [{ ...rest, retries: rest.retries + 1 }], delayMs };
}

function halves(piece: Piece): readonly Piece[] {
  const middle = piece.from + Math.ceil((piece.to - piece.from) / 2);
  return [
    { ...piece, to: middle, failures: 0 },
    { ...piece, from: middle, failures: 0 },
  ];
}

/** The index after the first records of `piece` that are older than `ageMaxMs`; `piece.from`: none is. */
export function expiredTo(
  records: readonly LogRecord[],
  piece: Piece,
  nowMs: number,
  ageMaxMs: number,
): number {
  let end = piece.from;
  while (end < piece.to) {
    const record = records[end];
    if (record === undefined || nowMs - record.arrivedAtMs <= ageMaxMs) break;
    end += 1;
  }
  return end;
}
