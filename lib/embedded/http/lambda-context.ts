import type { Context } from 'aws-lambda';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { FunctionName, StageSettings } from '../../stages.ts';

/** Makes the context of an invocation. Its time starts with the call. */
export function createLambdaContexts(
  { clock, ids }: { readonly clock: Clock; readonly ids: Ids },
  settings: StageSettings,
): (functionName: FunctionName) => Context {
  return (functionName) => {
    const { timeoutSeconds, memoryMb } = settings.functions[functionName];
    const endsMs = clock.monotonicMs() + timeoutSeconds * 1000;
    const context: Omit<Context, 'done' | 'fail' | 'succeed'> = {
      callbackWaitsForEmptyEventLoop: false,
      functionName,
      functionVersion: '$LATEST',
      invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
      memoryLimitInMB: String(memoryMb),
      awsRequestId: ids.nonce(),
      logGroupName: `/aws/lambda/${functionName}`,
      logStreamName: 'embedded',
      getRemainingTimeInMillis: () => Math.max(0, endsMs - clock.monotonicMs()),
    };
    // The Node 24 runtime has no callbacks any more; the types still do.
    return context as Context;
  };
}
