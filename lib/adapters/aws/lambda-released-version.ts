import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { ReleasedVersionError, type ReleasedVersion } from '../../ports/released-version.ts';
import { AwsCallError, callAws, type AwsCallDeps, type AwsCallPolicy } from './aws-call.ts';

export interface LambdaReleasedVersionOptions extends AwsCallDeps {
  readonly client: LambdaClient;
  /** Of one version, or of a function without versions. */
  readonly arn: string;
}

/** The caller repeats the whole round. A call may take the function's whole time-out. */
export const invocationMsMax = 30_000;
const once: AwsCallPolicy = { repeatable: false, deadlineMs: invocationMsMax };

export function createLambdaReleasedVersion(options: LambdaReleasedVersionOptions): ReleasedVersion {
  const { client, arn } = options;
  return {
    async invoke(event) {
      const command = new InvokeCommand({
        FunctionName: arn,
        InvocationType: 'RequestResponse',
        Payload: new TextEncoder().encode(JSON.stringify(event)),
      });
      try {
        const { FunctionError: failure, Payload: payload } = await callAws(options, once, (abortSignal) =>
          client.send(command, { abortSignal }),
        );
        // The payload is then the function's error, which may hold user data.
        if (failure !== undefined) throw new ReleasedVersionError(`the function failed: ${failure}`);
        return JSON.parse(new TextDecoder().decode(payload)) as unknown;
      } catch (error) {
        if (error instanceof AwsCallError)
          throw new ReleasedVersionError(error.message, { cause: error.cause });
        if (error instanceof SyntaxError) throw new ReleasedVersionError('the answer is not JSON');
        throw error;
      }
    },
  };
}
