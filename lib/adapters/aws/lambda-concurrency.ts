import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  ResourceNotFoundException,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { AwsCallError, callAws, type AwsCallDeps } from './aws-call.ts';

export interface LambdaConcurrencyOptions extends AwsCallDeps {
  readonly client: LambdaClient;
}

export interface LambdaConcurrency {
  /** How many functions of the account may run at once, in this Region. */
  readonly limit: number;
  /** How many of these no function has reserved. */
  readonly unreserved: number;
  /** By the name of each function that was asked for: what it has reserved now; 0: nothing, or no such function. */
  readonly reserved: ReadonlyMap<string, number>;
}

const policy = { repeatable: true, deadlineMs: 15_000 };

/** Reads what an account may run at once. Rejects with an Error for the operator. */
export async function readLambdaConcurrency(
  options: LambdaConcurrencyOptions,
  functions: readonly string[],
): Promise<LambdaConcurrency> {
  const { client } = options;
  try {
    const { AccountLimit: account } = await callAws(options, policy, (abortSignal) =>
      client.send(new GetAccountSettingsCommand(), { abortSignal }),
    );
    const reserved = new Map<string, number>();
    for (const name of functions) reserved.set(name, await readReserved(options, name));
    return {
      limit: account?.ConcurrentExecutions ?? 0,
      unreserved: account?.UnreservedConcurrentExecutions ?? 0,
      reserved,
    };
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    const why = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Error(`the account's concurrency cannot be read: ${why}`, { cause: error });
  }
}

async function readReserved(options: LambdaConcurrencyOptions, FunctionName: string): Promise<number> {
  try {
    const { ReservedConcurrentExecutions: count = 0 } = await callAws(options, policy, (abortSignal) =>
      options.client.send(new GetFunctionConcurrencyCommand({ FunctionName }), { abortSignal }),
    );
    return count;
  } catch (error) {
    // Before the first deployment.
    if (error instanceof AwsCallError && error.cause instanceof ResourceNotFoundException) return 0;
    throw error;
  }
}
