import { App, CfnResource } from 'aws-cdk-lib';
import { AdtallyStack } from '../../lib/infra/adtally-stack.ts';
import { stageSettings, type BuiltInStage, type StageSettings } from '../../lib/stages.ts';

export interface Variant {
  readonly stage: BuiltInStage;
  readonly release: string;
  /** A resource that cannot be made: begun as soon as the stores are there, or after everything else. */
  readonly broken?: 'when-the-stores-exist' | 'at-the-end';
  /** Of both streams; default: as the stage has it. */
  readonly epoch?: string;
}

/**
 * Writes the template of a stage of lib/stages.ts with its assets below `folder`, for `cdk --app`, and returns where.
 * The stage is as it goes to AWS but for its traces: the emulator has no sampling rules. `bundles` has the functions.
 */
export function assemble(variant: Variant, { folder, bundles }: { folder: string; bundles: string }): string {
  const { stage, release, broken, epoch } = variant;
  const outdir = `${folder}/${[stage, release, broken, epoch].filter((part) => part !== undefined).join('-')}`;
  const app = new App({ outdir });
  const settings = withEpoch(withoutTraces(stageSettings(stage)), epoch);
  const stack = new AdtallyStack(app, `adtally-${stage}`, {
    settings,
    release,
    bundle: (name) => `${bundles}/${name}`,
    terminationProtection: settings.cloud.retainData,
  });
  if (broken !== undefined) breakStack(stack, broken);
  app.synth();
  return outdir;
}

/** A custom resource whose function does not exist. */
function breakStack(stack: AdtallyStack, when: Required<Variant>['broken']): void {
  const broken = new CfnResource(stack, 'Broken', {
    type: 'AWS::CloudFormation::CustomResource',
    properties: {
      ServiceToken: stack.formatArn({ service: 'lambda', resource: 'function:adtally-not-there' }),
    },
  });
  if (when === 'at-the-end') {
    for (const child of stack.node.children) if (child !== broken) broken.node.addDependency(child);
    return;
  }
  for (const { node } of stack.node.findAll()) {
    const { defaultChild } = node;
    if (!CfnResource.isCfnResource(defaultChild)) continue;
    if (stores.has(defaultChild.cfnResourceType)) broken.addResourceDependency(defaultChild);
    // What empties a bucket looks for a tag first, which MiniStack leaves out: it must not be there to be deleted.
    if (defaultChild.cfnResourceType === 'Custom::S3AutoDeleteObjects')
      defaultChild.addResourceDependency(broken);
  }
}

const stores: ReadonlySet<string> = new Set([
  'AWS::DynamoDB::GlobalTable',
  'AWS::Kinesis::Stream',
  'AWS::S3::Bucket',
]);

function withoutTraces(settings: StageSettings): StageSettings {
  const cloud = Object.fromEntries(Object.entries(settings.cloud).filter(([name]) => name !== 'traces'));
  return { ...settings, cloud: cloud as unknown as StageSettings['cloud'] };
}

function withEpoch(settings: StageSettings, epoch: string | undefined): StageSettings {
  if (epoch === undefined) return settings;
  const { 'ad-events': adEvents, increments } = settings.streams;
  return {
    ...settings,
    streams: { 'ad-events': { ...adEvents, epoch }, increments: { ...increments, epoch } },
  };
}
