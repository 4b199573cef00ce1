import { KinesisClient } from '@aws-sdk/client-kinesis';
import type { StreamName } from '../../core/streams.ts';
import type { EventLog } from '../../ports/event-log.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { traced } from '../tracing/traced-ports.ts';
import { clientOptions } from './aws-clients.ts';
import { createKinesisEventLog } from './kinesis-event-log.ts';
import { streamNameOf } from './lambda-environment.ts';
import { lambdaSpans } from './lambda-ports.ts';

/** A stream, with its name from the environment. */
export function lambdaEventLog(stream: StreamName): EventLog {
  const plain = createKinesisEventLog({
    client: new KinesisClient(clientOptions()),
    stream,
    streamName: streamNameOf(stream),
    clock: systemClock,
    ids: systemIds,
  });
  return traced.eventLog(plain, lambdaSpans);
}
