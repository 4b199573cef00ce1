import type { Ports } from '../../app/ports.ts';
import type { StreamName } from '../../core/streams.ts';
import type { LogReader } from '../../ports/log-reader.ts';
import type { StageSettings } from '../../stages.ts';
import {
  createEventSourceMapping,
  type EventSourceMapping,
  type EventSourceMappingOptions,
} from './event-source-mapping.ts';
import { createFailureDestination } from './failure-destination.ts';
import type { EmbeddedFunctions } from '../functions.ts';
import { createLambdaContexts } from '../http/lambda-context.ts';

/** The function that reads a stream. Its name also names its checkpoints. */
export const consumers = {
  'ad-events': 'project-ads',
  increments: 'aggregate-increments',
} as const satisfies Record<StreamName, keyof StageSettings['deliveries']>;

export interface Deliveries {
  readonly 'project-ads': EventSourceMapping;
  readonly 'aggregate-increments': EventSourceMapping;
}

export function createDeliveries(
  ports: Ports,
  readers: Readonly<Record<StreamName, LogReader>>,
  functions: Pick<EmbeddedFunctions, keyof Deliveries>,
): Deliveries {
  const { settings, clock, telemetry } = ports;
  const contextOf = createLambdaContexts(ports, settings);
  const onFailure = createFailureDestination(ports);
  const create = (
    consumer: keyof Deliveries,
    invoke: EventSourceMappingOptions['invoke'],
  ): EventSourceMapping => {
    const delivery = settings.deliveries[consumer];
    return createEventSourceMapping({
      consumer,
      settings: delivery,
      streamArn: streamArn(settings, delivery.stream),
      reader: readers[delivery.stream],
      invoke,
      onFailure,
      clock,
      telemetry,
      functionTimeoutMs: settings.functions[consumer].timeoutSeconds * 1000,
    });
  };
  return {
    'project-ads': create('project-ads', (event) =>
      functions['project-ads'](event, contextOf('project-ads')),
    ),
    'aggregate-increments': create('aggregate-increments', (event) =>
      functions['aggregate-increments'](event, contextOf('aggregate-increments')),
    ),
  };
}

function streamArn({ stage, streams }: StageSettings, stream: StreamName): string {
  return `arn:aws:kinesis:local:000000000000:stream/adtally-${stage}-${stream}.${streams[stream].epoch}`;
}
