import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';
import { sharedFolder } from '../run/run-folders.ts';
import type { DeployedStage, Variant } from './deployed-stages.ts';

/** The stack of a stage, or of a variant, as a template. The first suite of a run that asks makes those of all stages. */
export function templateOf(stage: DeployedStage | Variant): Template {
  const folder = join(sharedFolder(), 'templates');
  if (!existsSync(folder)) synthesiseInto(folder);
  return Template.fromString(readFileSync(join(folder, `${stage}.json`), 'utf8'));
}

/** In a process of its own: Jest would load all of the CDK anew for each suite. */
function synthesiseInto(folder: string): void {
  const unfinished = mkdtempSync(`${folder}-`);
  const program = fileURLToPath(new URL('./synthesise-all.ts', import.meta.url));
  // The rules of CloudFormation would only warn here, for half of the time; pipeline.test.ts and cfn-lint fail by them.
  execFileSync(process.execPath, [program, unfinished], { env: { ...process.env, CDK_VALIDATION: 'false' } });
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another suite of the run was faster.
    if (!existsSync(folder)) throw error;
  }
}
