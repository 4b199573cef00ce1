import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { AdtallyStack } from '../lib/infra/adtally-stack.ts';
import { bundleFunction, bundleSize } from '../lib/infra/bundling.ts';
import { SettingsError } from '../lib/settings/resolve-stage.ts';
import { readStages } from '../lib/settings/settings-file.ts';
import { functionNames, type FunctionName, type StageSettings } from '../lib/stages.ts';

/**
 * The CDK app: one stack per stage. `-c stage=dev` makes that of one stage alone, which is faster. Without it the app
 * has the stacks of all stages on AWS, so that `cdk ls` lists them and `cdk deploy adtally-dev` names one. Stages of
 * one's own come from adtally.config.ts, or the file that `-c config=...` names.
 */
const notListed = new Set(['local', 'localstack']);

const app = new App();
const stages = await chosen(app.node.tryGetContext('stage'), app.node.tryGetContext('config'));

const folder = `${app.outdir}/functions`;
const bundle = (name: FunctionName): string => bundleFunction(name, folder);
const sizes = functionNames.map((name) => {
  const { initialBytes, bytes } = bundleSize(name, folder);
  return `${name} ${Math.ceil(initialBytes / 1000)} of ${Math.ceil(bytes / 1000)} kB`;
});
console.error(
  `Bundles of ${stages.map(({ stage }) => stage).join(', ')}, loaded at the start of all: ${sizes.join(', ')}`,
);

/** `-c release=...`: the release in the descriptions of the functions, for instance a commit. */
const release: unknown = app.node.tryGetContext('release');

/** `-c releaseAlarms=ignore`: for a release that must go through while an alarm rings. */
const ignoreReleaseAlarms = app.node.tryGetContext('releaseAlarms') === 'ignore';

for (const settings of stages) {
  const { stage } = settings;
  if (settings.cloud.reservedConcurrency !== undefined)
    console.error(
      `${stage} reserves concurrency. Before a deployment, npm run account -- --stage ${stage} says whether the account can spare it.`,
    );
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

async function chosen(stage: unknown, config: unknown): Promise<readonly StageSettings[]> {
  try {
    const known = await readStages(typeof config === 'string' ? config : undefined);
    const onAws = known.names.filter((name) => !notListed.has(name));
    if (stage === undefined) return onAws.map((name) => known.resolve(name).settings);
    if (typeof stage === 'string' && stage !== 'local') return [known.resolve(stage).settings];
    throw new SettingsError(
      `The stage ${typeof stage === 'string' ? stage : JSON.stringify(stage)} is not on AWS. Name one with -c stage=${onAws.join('|')}. (local is npm start.)`,
    );
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    return process.exit(1);
  }
}
