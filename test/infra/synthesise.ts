import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AdtallyStack } from '../../lib/infra/adtally-stack.ts';
import { stageSettings, type StageName } from '../../lib/stages.ts';

/** The stack of a stage as a template. Its bundles are empty: their size and loading have a test of their own. */
export function synthesise(stage: StageName): Template {
  const folder = mkdtempSync(join(tmpdir(), 'adtally-synth-'));
  const app = new App({ outdir: folder, analyticsReporting: false });
  const stack = new AdtallyStack(app, `adtally-${stage}`, {
    settings: stageSettings(stage),
    bundle: (name) => {
      const bundle = join(folder, 'functions', name);
      mkdirSync(bundle, { recursive: true });
      writeFileSync(join(bundle, 'index.mjs'), 'export {};');
      return bundle;
    },
  });
  return Template.fromStack(stack);
}
