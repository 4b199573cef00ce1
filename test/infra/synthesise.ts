import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AdtallyStack } from '../../lib/infra/adtally-stack.ts';
import { stageSettings, type StageName } from '../../lib/stages.ts';

/** The stack of a stage as a template, with the real bundles, in a folder of its own. */
export function synthesise(stage: StageName): Template {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-synth-'));
  const app = new App({ outdir: folder, analyticsReporting: false });
  const stack = new AdtallyStack(app, `adtally-${stage}`, {
    settings: stageSettings(stage),
    bundleFolder: join(folder, 'functions'),
  });
  return Template.fromStack(stack);
}
