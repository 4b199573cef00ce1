import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { AwsCallError, callAws, type AwsCallDeps } from './aws-call.ts';
import { clientOptions } from './aws-clients.ts';

const policy = { repeatable: true, deadlineMs: 15_000 };

/**
 * Reads the outputs of a deployed stack by name. Rejects with an Error for the operator: no such stack, no
 * credentials, no answer.
 */
export async function readStackOutputs(
  deps: AwsCallDeps,
  stackName: string,
): Promise<Readonly<Record<string, string>>> {
  const client = new CloudFormationClient(clientOptions({ requestTimeoutMs: 10_000 }));
  try {
    const { Stacks: [stack] = [] } = await callAws(deps, policy, (abortSignal) =>
      client.send(new DescribeStacksCommand({ StackName: stackName }), { abortSignal }),
    );
    const outputs = (stack?.Outputs ?? []).map(({ OutputKey: name = '', OutputValue: value = '' }) => [
      name,
      value,
    ]);
    return Object.fromEntries(outputs) as Record<string, string>;
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Error(`the stack ${stackName} cannot be read: ${why}`, { cause: error });
  } finally {
    client.destroy();
  }
}
