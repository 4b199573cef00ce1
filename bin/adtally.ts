import { statSync } from 'node:fs';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { AdtallyStack } from '../lib/infra/adtally-stack.ts';
import { bundleFunction } from '../lib/infra/bundling.ts';
import { functionNames, isStageName, stageNames, stageSettings, type FunctionName } from '../lib/stages.ts';

/** The CDK app: one stack per stage, named with `-c stage=dev`. */
const app = new App();
const stage: unknown = app.node.tryGetContext('stage');
if (typeof stage !== 'string' || !isStageName(stage) || stage === 'local') {
  const known = stageNames.filter((name) => name !== 'local').join('|');
  console.error(
    `The stage is missing or unknown. Choose one with -c stage=${known}. ('local' is for npm start.)`,
  );
  process.exit(1);
}

const bundle = (name: FunctionName): string => bundleFunction(name, `${app.outdir}/functions`);
const sizes = functionNames.map((name) => {
  const { size } = statSync(`${bundle(name)}/index.mjs`);
  return `${name} ${Math.ceil(size / 1000)} kB`;
});
console.error(`Bundles of ${stage}: ${sizes.join(', ')}`);

/** `-c release=...`: the release in the descriptions of the functions, for instance a commit. */
const release: unknown = app.node.tryGetContext('release');

new AdtallyStack(app, `adtally-${stage}`, {
  settings: stageSettings(stage),
  bundle,
  ...(typeof release === 'string' ? { release } : {}),
  description: `adtally, stage ${stage}: targeted ads and exactly-once increments`,
  terminationProtection: stageSettings(stage).cloud.retainData,
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
Validations.of(app).addPlugins(new ServerlessChecks(app, { verbose: true }));
