import {
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  type EventSourceMappingConfiguration,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import type { Feed } from '../../ports/restorable-tables.ts';
import { AwsCallError, callAws, type AwsCallDeps } from './aws-call.ts';

export interface LambdaFeedsOptions extends AwsCallDeps {
  readonly client: LambdaClient;
  /** The stack's own mapping to the consumer. */
  readonly mappingId: string;
}

const policy = { repeatable: true, deadlineMs: 15_000 };

/**
 * Lists every event source mapping of the function that `mappingId` feeds, including manually created ones. A
 * function has a few (FunctionName lists at most 100). Rejects with an Error for the operator.
 */
export async function readFeeds(options: LambdaFeedsOptions): Promise<readonly Feed[]> {
  const { client, mappingId } = options;
  try {
    const own = await callAws(options, policy, (abortSignal) =>
      client.send(new GetEventSourceMappingCommand({ UUID: mappingId }), { abortSignal }),
    );
    const listed = await callAws(options, policy, (abortSignal) =>
      client.send(new ListEventSourceMappingsCommand({ FunctionName: own.FunctionArn }), { abortSignal }),
    );
    const others = (listed.EventSourceMappings ?? []).filter(({ UUID }) => UUID !== mappingId);
    return [own, ...others].map(toFeed);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    throw new Error(`the mapping ${mappingId} cannot be read: ${error.message}`, { cause: error });
  }
}

function toFeed({ UUID = '', State = 'unknown' }: EventSourceMappingConfiguration): Feed {
  return { id: UUID, stopped: State === 'Disabled', state: State };
}
