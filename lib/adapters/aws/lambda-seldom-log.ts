import type { StreamName } from '../../core/streams.ts';
import type { EventLog } from '../../ports/event-log.ts';
import { streamFacts } from './kinesis-stream.ts';
import { streamNameOf } from './lambda-environment.ts';

/** `lambdaEventLog` for a function that seldom appends: Kinesis' code is loaded before the first append. */
export function lambdaSeldomLog(stream: StreamName): EventLog {
  let opened: EventLog | undefined;
  const open = async (): Promise<EventLog> => (opened ??= (await eventLog()).lambdaEventLog(stream));
  return {
    ...streamFacts({ stream, streamName: streamNameOf(stream) }),
    append: async (entries) => (await open()).append(entries),
  };
}

/** A chunk of its own in a bundle. */
const eventLog = () => import('./lambda-event-log.ts');
