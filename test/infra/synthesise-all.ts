import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { AdtallyStack } from '../../lib/infra/adtally-stack.ts';
import { isStageName, stageSettings, type StageSettings } from '../../lib/stages.ts';
import { deployedStages, variants, type Variant } from './deployed-stages.ts';

/**
 * Writes the template of every stage, and of the variants of prod, into a folder, as `<stage>.json`. The bundles
 * are empty: bundle-size.test.ts tests their size and that they load.
 */
const [folder = ''] = process.argv.slice(2);
const assembly = join(folder, 'cdk.out');
for (const stage of deployedStages) write(stage, stageSettings(stage));
for (const variant of Object.keys(variants) as Variant[]) {
  const settings = stageSettings(variants[variant].stage);
  const { archive, delivery } = settings;
  const { stage, ...others } = { archive, delivery, ...variants[variant] };
  const { archive: archived, delivery: delivered, ...changed } = others;
  const own = { archive: archived, delivery: delivered, stage };
  write(variant, { ...settings, ...own, cloud: { ...settings.cloud, ...changed } });
}

function write(name: string, settings: StageSettings): void {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(synthesise(name, settings).toJSON()));
}

function synthesise(name: string, settings: StageSettings): Template {
  const app = new App({ outdir: join(assembly, name), analyticsReporting: false });
  const stack = new AdtallyStack(app, `adtally-${settings.stage}`, {
    settings,
    bundle: (functionName) => {
      const bundle = join(assembly, 'functions', functionName);
      mkdirSync(bundle, { recursive: true });
      writeFileSync(join(bundle, 'index.mjs'), 'export {};');
      return bundle;
    },
  });
  // `cdk synth` does this for the stages themselves: a finding fails the deployment.
  if (!isStageName(name)) {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    Validations.of(app).addPlugins(new ServerlessChecks(app));
  }
  return Template.fromStack(stack);
}
