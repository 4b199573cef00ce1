/** A function's name in AWS: given by the stack, and its dimension in AWS/Lambda's metrics. */
export function lambdaName(stage: string, functionName: string): string {
  return `adtally-${stage}-${functionName}`;
}
