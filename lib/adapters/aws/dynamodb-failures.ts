import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  type CancellationReason,
} from '@aws-sdk/client-dynamodb';
import { StateStoreError, type TransactResult, type WriteResult } from '../../ports/state-store.ts';
import { AwsCallError } from './aws-call.ts';
import { fromItem } from './item-marshalling.ts';

/** Returns a failed condition as a result, and throws everything else as an error of the port. */
export function toWriteResult(error: unknown): WriteResult {
  const cause = causeOf(error);
  if (!(cause instanceof ConditionalCheckFailedException)) throw toStateError(error);
  return { status: 'condition-failed', item: fromItem(cause.Item) };
}

export function toTransactResult(error: unknown): TransactResult {
  const cause = causeOf(error);
  if (!(cause instanceof TransactionCanceledException)) throw toStateError(error);
  const reasons = cause.CancellationReasons ?? [];
  // With another conflict or throttle the list of failed conditions is incomplete, so nothing is decided.
  const retryLater = cancellationError(reasons, cause);
  if (retryLater !== undefined) throw retryLater;
  const failed = reasons.flatMap((reason, index) =>
    reason.Code === 'ConditionalCheckFailed' ? [{ index, item: fromItem(reason.Item) }] : [],
  );
  if (failed.length === 0) throw new StateStoreError('state-unavailable', cause.message, { cause });
  return { status: 'condition-failed', failed };
}

/** Translates failures of calls. Other errors are bugs and stay unchanged. */
export function toStateError(error: unknown): unknown {
  if (!(error instanceof AwsCallError)) return error;
  const cause = causeOf(error);
  if (cause instanceof Error && cause.name === 'ValidationException') {
    // A limit that depends on the stored item, or a request that a retry cannot fix.
    return new RangeError(cause.message, { cause });
  }
  if (cause instanceof Error && cause.name === 'TransactionConflictException') {
    return new StateStoreError('state-conflict', error.message, { cause });
  }
  const code = error.failure === 'throttled' ? 'state-throttled' : 'state-unavailable';
  return new StateStoreError(code, error.message, { cause });
}

function causeOf(error: unknown): unknown {
  return error instanceof AwsCallError ? error.cause : undefined;
}

const conflictCodes: ReadonlySet<string> = new Set(['TransactionConflict']);
const throttleCodes: ReadonlySet<string> = new Set(['ProvisionedThroughputExceeded', 'ThrottlingError']);
const limitCodes: ReadonlySet<string> = new Set(['ValidationError', 'ItemCollectionSizeLimitExceeded']);

/** The first kind that occurs; the kind that a retry cannot fix comes before the others. */
function cancellationError(reasons: readonly CancellationReason[], cause: Error): Error | undefined {
  const found = (codes: ReadonlySet<string>): boolean => reasons.some(({ Code = '' }) => codes.has(Code));
  if (found(limitCodes)) {
    const limit = reasons.find(({ Code = '' }) => limitCodes.has(Code));
    return new RangeError(limit?.Message ?? cause.message, { cause });
  }
  if (found(conflictCodes)) return new StateStoreError('state-conflict', cause.message, { cause });
  if (found(throttleCodes)) return new StateStoreError('state-throttled', cause.message, { cause });
  return undefined;
}
