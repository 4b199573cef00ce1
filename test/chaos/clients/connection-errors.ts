import { NoAnswerError } from '../../../lib/embedded/demo/http-connection.ts';

/** The connection broke after something was sent on it, perhaps. */
export function isNoAnswer(error: unknown): boolean {
  return error instanceof NoAnswerError;
}

/** No connection was made. */
export function isUnreachable(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ECONNREFUSED' || code === 'ECONNRESET';
}
