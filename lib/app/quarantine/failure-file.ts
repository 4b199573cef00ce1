import { AssertionError } from '../../core/assert.ts';
import { toRecordBatch } from '../kinesis-event.ts';
import type { RecordBatch } from '../record-batch.ts';

export interface FailureFileContent {
  /** Why the mapping gave up: RetryAttemptsExhausted, RecordAgeExceeded. */
  readonly reason: string;
  readonly batch: RecordBatch;
}

/**
 * Reads a file that a mapping wrote to its failure destination. It holds the records, the reason and, in
 * `payload`, the whole event, as an object or, as in Lambda's documentation, as text. undefined: it is
 * another file.
 */
export function readFailureFile(text: string): FailureFileContent | undefined {
  const file = parse(text);
  if (typeof file !== 'object' || file === null) return undefined;
  const { requestContext, payload } = file as Record<string, unknown>;
  const { condition } = (requestContext ?? {}) as { condition?: unknown };
  const event = typeof payload === 'string' ? parse(payload) : payload;
  try {
    const batch = toRecordBatch(event);
    return { reason: typeof condition === 'string' ? condition : 'given up by its mapping', batch };
  } catch (error) {
    if (error instanceof AssertionError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
