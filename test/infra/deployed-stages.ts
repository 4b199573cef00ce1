import type { StageName } from '../../lib/stages.ts';

/** Those that have a stack. */
export const deployedStages = [
  'dev',
  'staging',
  'prod',
  'localstack',
] as const satisfies readonly StageName[];
export type DeployedStage = (typeof deployedStages)[number];
