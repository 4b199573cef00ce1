import { KinesisClient } from '@aws-sdk/client-kinesis';
import { environmentNames } from '../../core/environment-names.ts';
import type { StreamName } from '../../core/streams.ts';
import type { EventLog } from '../../ports/event-log.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { tracedEventLog } from '../traced/traced-ports.ts';
import { clientOptions } from './aws-clients.ts';
import { createKinesisEventLog } from './kinesis-event-log.ts';
import { readVariable } from './lambda-environment.ts';
import { lambdaSpans } from './lambda-spans.ts';

const variables = {
  'ad-events': environmentNames.adEventsStream,
  increments: environmentNames.incrementsStream,
} as const;

/** The stream that the environment names. */
export function lambdaEventLog(stream: StreamName): EventLog {
  const plain = createKinesisEventLog({
    client: new KinesisClient(clientOptions()),
    stream,
    streamName: readVariable(variables[stream]),
    clock: systemClock,
    ids: systemIds,
  });
  return tracedEventLog(plain, lambdaSpans);
}
