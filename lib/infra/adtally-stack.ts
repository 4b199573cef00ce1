import { Stack, Tags, type StackProps } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Pipeline, type PipelineProps } from './pipeline.ts';
import { confineEmptying } from './storage.ts';

export interface AdtallyStackProps extends StackProps, PipelineProps {}

// The description names the release. CDK would publish a version for it alone, and so release each function with each
// commit, five minutes long. It holds for all functions of an app, so only an app of ours sets it.
lambda.Function.classifyVersionProperty('Description', false);

/** A stack with one stage and nothing else. */
export class AdtallyStack extends Stack {
  readonly pipeline: Pipeline;

  constructor(scope: Construct, id: string, props: AdtallyStackProps) {
    super(scope, id, props);
    Tags.of(this).add('adtally:stage', props.settings.stage);
    // This id adds nothing to the logical ids.
    this.pipeline = new Pipeline(this, 'Default', props);
    if (props.settings.cloud.emptyOnRemoval) confineEmptying(this.pipeline);
  }
}
