import { App } from 'aws-cdk-lib';
import { AdtallyStack } from '../../lib/infra/adtally-stack.ts';
import { bundleFunction } from '../../lib/infra/bundling.ts';
import { stageSettings } from '../../lib/stages.ts';

/**
 * Synthesises the stage dev with its real bundles into a folder, as `cdk synth` would. It has an archive, so that all
 * functions are there, and each reads from its environment what the stage changes.
 */
const [outdir = ''] = process.argv.slice(2);
const app = new App({ outdir, analyticsReporting: false });
new AdtallyStack(app, 'adtally-dev', {
  settings: { ...stageSettings('dev'), archive: { everyMinutes: 60, keepDays: 60 } },
  bundle: (name) => bundleFunction(name, `${outdir}/functions`),
});
app.synth();
