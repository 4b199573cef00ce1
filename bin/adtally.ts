import { statSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { AdtallyStack } from '../lib/infra/adtally-stack.ts';
import { bundleFunction } from '../lib/infra/bundling.ts';
import {
  functionNames,
  isStageName,
  stageNames,
  stageSettings,
  type FunctionName,
  type StageName,
} from '../lib/stages.ts';

/**
 * The CDK app: one stack per stage. `-c stage=dev` makes that of one stage alone, which is faster. Without it the app
 * has the stacks of all stages on AWS, so that `cdk ls` lists them and `cdk deploy adtally-dev` names one.
 */
const onAws: readonly StageName[] = ['dev', 'staging', 'prod'];

const app = new App();
const stages = chosen(app.node.tryGetContext('stage'));

const bundle = (name: FunctionName): string => bundleFunction(name, `${app.outdir}/functions`);
const sizes = functionNames.map((name) => {
  const { size } = statSync(`${bundle(name)}/index.mjs`);
  return `${name} ${Math.ceil(size / 1000)} kB`;
});
console.error(`Bundles of ${stages.join(', ')}: ${sizes.join(', ')}`);

/** `-c release=...`: the release in the descriptions of the functions, for instance a commit. */
const release: unknown = app.node.tryGetContext('release');

/** `-c releaseAlarms=ignore`: for a release that must go through while an alarm rings. */
const ignoreReleaseAlarms = app.node.tryGetContext('releaseAlarms') === 'ignore';

for (const stage of stages) {
  const settings = stageSettings(stage);
  new AdtallyStack(app, `adtally-${stage}`, {
    settings,
    bundle,
    ignoreReleaseAlarms,
    region: process.env['CDK_DEFAULT_REGION'],
    ...(typeof release === 'string' ? { release } : {}),
    description: `adtally, stage ${stage}: targeted ads and exactly-once increments`,
    terminationProtection: settings.cloud.retainData,
  });
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
Validations.of(app).addPlugins(new ServerlessChecks(app, { verbose: true }));

function chosen(stage: unknown): readonly StageName[] {
  if (stage === undefined) return onAws;
  if (typeof stage === 'string' && isStageName(stage) && stage !== 'local') return [stage];
  const known = stageNames.filter((name) => name !== 'local').join('|');
  console.error(
    `The stage ${typeof stage === 'string' ? stage : JSON.stringify(stage)} is unknown. Name one with -c stage=${known}. (local is npm start.)`,
  );
  process.exit(1);
}
