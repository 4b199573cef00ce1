import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AdtallyStack } from '../../lib/infra/adtally-stack.ts';
import { stageSettings } from '../../lib/stages.ts';
import { deployedStages, type DeployedStage } from './deployed-stages.ts';

/**
 * Writes the template of every stage into a folder, as `<stage>.json`. The bundles are empty:
 * bundle-size.test.ts tests their size and that they load.
 */
const [folder = ''] = process.argv.slice(2);
const assembly = join(folder, 'cdk.out');
for (const stage of deployedStages) {
  writeFileSync(join(folder, `${stage}.json`), JSON.stringify(synthesise(stage).toJSON()));
}

function synthesise(stage: DeployedStage): Template {
  const app = new App({ outdir: join(assembly, stage), analyticsReporting: false });
  const stack = new AdtallyStack(app, `adtally-${stage}`, {
    settings: stageSettings(stage),
    bundle: (name) => {
      const bundle = join(assembly, 'functions', name);
      mkdirSync(bundle, { recursive: true });
      writeFileSync(join(bundle, 'index.mjs'), 'export {};');
      return bundle;
    },
  });
  return Template.fromStack(stack);
}
