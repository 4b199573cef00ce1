import { stageSettings, type StageName, type StageSettings } from '../../lib/stages.ts';

/** Those that have a stack. */
export const deployedStages = [
  'dev',
  'staging',
  'prod',
  'localstack',
] as const satisfies readonly StageName[];
export type DeployedStage = (typeof deployedStages)[number];

/** Stages with settings that none of them has. */
export const variants = {
  'prod with its own key': { stage: 'prod', customerKey: 'encrypts' },
  'dev with its own key': { stage: 'dev', customerKey: 'encrypts' },
  'dev with a budget': { stage: 'dev', budgetDollars: 50 },
  'dev with detailed metrics': { stage: 'dev', detailedMetrics: true },
  'prod with reserved concurrency': {
    stage: 'prod',
    reservedConcurrency: { 'authorize-request': 50, 'project-ads': 2 },
  },
  'prod with provisioned concurrency': { stage: 'prod', provisionedConcurrency: { 'query-ads': 3 } },
  'dev with provisioned concurrency': { stage: 'dev', provisionedConcurrency: { 'query-ads': 2 } },
  'prod back from its own key': { stage: 'prod', customerKey: 'decrypts' },
  'prod with an archive and its own key': {
    stage: 'prod',
    customerKey: 'encrypts',
    archive: { everyMinutes: 10, keepDays: 400 },
  },
  'dev with an archive': { stage: 'dev', archive: { everyMinutes: 60, keepDays: 60 } },
  'dev with bounded tables': {
    stage: 'dev',
    tables: {
      ads: { warm: { reads: 30_000 } },
      counters: { warm: { reads: 20_000, writes: 10_000 }, most: { reads: 20_000, writes: 12_000 } },
      requests: { most: { writes: 500 } },
    },
  },
  'prod behind CloudFront': {
    stage: 'prod',
    edge: {
      domain: {
        names: ['ads.example.com', 'ads.example.org'],
        certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555',
      },
      originShield: 'us-east-1',
    },
  },
  'prod with goals': {
    stage: 'prod',
    delivery: { ...stageSettings('prod').delivery, accepts: true, goals: true, caps: true },
  },
  'dev behind CloudFront': { stage: 'dev', edge: { api: 'open' } },
} as const satisfies Readonly<
  Record<
    string,
    { readonly stage: DeployedStage } & Partial<StageSettings['cloud']> &
      Partial<Pick<StageSettings, 'archive' | 'delivery'>>
  >
>;
export type Variant = keyof typeof variants;
