import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { stackOf, stageOutput } from '../aws-names.ts';

/**
 * Adds outputs of a stage to its stack, by which operators' commands find it. In a stack with other resources their
 * names have the stage in them.
 */
export function outputsOf(pipeline: Construct, stage: string) {
  const { id, scope } = pipeline.node;
  const stack = Stack.of(pipeline);
  const isAlone = id === 'Default' && scope === stack && stack.stackName === stackOf(stage);
  return (name: string, value: string, description?: string): void => {
    const output = new CfnOutput(pipeline, name, {
      value,
      ...(description !== undefined && { description }),
    });
    if (!isAlone) output.overrideLogicalId(stageOutput(stage, name));
  };
}
