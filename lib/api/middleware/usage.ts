import type { UsageRecorder } from '../../app/usage/usage-recorder.ts';
import { principalOf } from '../request/principal.ts';
import type { Edge, EdgeRequest } from './edge.ts';

/**
 * Notes each call in its caller's usage, whatever its answer, and the increments that the answer acknowledges. In
 * a deployed stage nothing runs between invocations, so one call in 10 s waits for the write: a read before it
 * is answered, because an answer must not become older, and a change after that, with its increments.
 */
export function callerUsage(usage: UsageRecorder): Edge {
  const isRead = ({ event }: EdgeRequest): boolean =>
    event.httpMethod === 'GET' || event.httpMethod === 'HEAD';
  const answered = (request: EdgeRequest): Promise<void> | undefined => {
    const { increments = 0 } = request.response ?? {};
    if (increments > 0) usage.noteIncrements(principalOf(request.event), increments);
    return isRead(request) ? undefined : usage.flushIfDue();
  };
  return {
    before: (request) => {
      usage.noteCall(principalOf(request.event));
      return isRead(request) ? usage.flushIfDue() : undefined;
    },
    after: answered,
    onError: answered,
  };
}
