import { expect, it } from '@jest/globals';
import { isStageName, stageNames, stageSettings } from '../lib/stages.ts';

/**
 * What was decided for each stage, written out once more: a number that changes by accident changes the cost,
 * a promise of docs/ or how long a revoked token works, and no other test would notice.
 */
const decisions = (stage: (typeof stageNames)[number]) => {
  const {
    streams,
    deliveries,
    cloud,
    counters,
    tokens,
    reader,
    http,
    ads,
    delivery,
    audit,
    archive,
    canary,
    quarantineRetentionDays,
  } = stageSettings(stage);
  const { 'aggregate-increments': increments, 'project-ads': adEvents } = deliveries;
  const batches = [adEvents, increments].map((delivery) => [
    ...[
      delivery.stream,
      delivery.batchSize,
      delivery.maximumBatchingWindowSeconds,
      delivery.parallelizationFactor,
    ],
    ...[delivery.maximumRetryAttempts, delivery.maximumRecordAgeSeconds, delivery.bisectBatchOnFunctionError],
  ]);
  const logs = [streams['ad-events'], streams.increments].map(({ epoch, mode, shardCount, retentionHours }) =>
    [epoch, mode, shardCount, retentionHours].join(' '),
  );
  return {
    logs,
    batches,
    cloud,
    counters,
    tokens,
    reader,
    http,
    ads,
    delivery: { ...delivery, bots: delivery.bots.length },
    audit,
    archive,
    canary,
    quarantineRetentionDays,
  };
};

const adBatches = ['ad-events', 500, 0, 1, -1, 601_200, true];
const batches = [adBatches, ['increments', 5000, 1, 2, -1, 601_200, true]];
const cloud = {
  readShare: 0.8,
  ...{ retainData: true, logRetentionDays: 30, webAcl: false, gradualReleases: false },
  ...{
    customerKey: 'none',
    warmContainers: 2,
    detailedMetrics: false,
    trafficAlarm: false,
    emptyOnRemoval: false,
    refusesMalformedTokens: false,
  },
  throttle: { ratePerSecond: 1000, burst: 2000 },
};
const common = {
  batches,
  cloud,
  counters: {
    keyFormat: 'any',
    defaultMode: 'eventual',
    series: { minute: 2, hour: 92, day: 1100 },
    topKeysSaveMs: 10_000,
    hotKeys: [],
    laneRecordsPerSecond: 200,
  },
  tokens: { rate: { ratePerSecond: 200, burst: 1000 }, exactLimit: false, cacheSeconds: 60 },
  reader: { maxStalenessMs: 1000, staleServeMaxMs: 60_000 },
  http: { corsOrigins: ['*'], publicReads: true, compressAnswers: false },
  ads: { liveAdsMax: 1_000_000, liveBytesMax: 2_000_000_000, endedDays: 90 },
  delivery: {
    accepts: false,
    goals: false,
    caps: false,
    impressionMinutes: 10,
    plainDecisions: false,
    bots: 13,
  },
  audit: { everyMinutes: 60 },
  archive: { everyMinutes: 0, keepDays: 400 },
  canary: { everyMinutes: 0 },
  quarantineRetentionDays: 30,
};
const accepted = { ...common.delivery, accepts: true, goals: true, caps: true, plainDecisions: true };
const adLog = '1 provisioned 1 168';

it.each([
  [
    'local',
    {
      ...{ ...common, logs: [adLog, '1 provisioned 4 168'] },
      batches: [adBatches, ['increments', 10_000, 0.05, 2, -1, 601_200, true]],
      reader: { maxStalenessMs: 0, staleServeMaxMs: 60_000 },
      counters: {
        ...{ keyFormat: 'any', defaultMode: 'eventual' },
        ...{ series: { minute: 7 }, topKeysSaveMs: 200, hotKeys: [], laneRecordsPerSecond: 0 },
      },
      http: { corsOrigins: ['*'], publicReads: true, compressAnswers: true },
      canary: { everyMinutes: 1 },
      delivery: accepted,
    },
  ],
  [
    'dev',
    {
      ...{ ...common, delivery: accepted, logs: ['1 provisioned 1 24', '1 provisioned 1 24'] },
      // An hour less than a day.
      batches: [
        ['ad-events', 500, 0, 1, -1, 82_800, true],
        ['increments', 5000, 1, 2, -1, 82_800, true],
      ],
      cloud: {
        ...{ ...cloud, retainData: false, emptyOnRemoval: true, logRetentionDays: 7 },
        ...{ throttle: { ratePerSecond: 200, burst: 400 }, traces: { perSecond: 0, share: 0.05 } },
      },
      audit: { everyMinutes: 360 },
    },
  ],
  [
    'staging',
    {
      ...{ ...common, logs: [adLog, '1 provisioned 2 168'] },
      cloud: { ...cloud, traces: { perSecond: 1, share: 0.05 } },
      counters: { ...common.counters, series: { hour: 92, day: 1100 } },
    },
  ],
  [
    'prod',
    {
      ...{ ...common, logs: [adLog, '1 on-demand 2 168'] },
      cloud: {
        ...{ retainData: true, logRetentionDays: 90, webAcl: true, gradualReleases: true },
        ...{
          customerKey: 'none',
          warmContainers: 5,
          detailedMetrics: false,
          readShare: 0.8,
          trafficAlarm: true,
          emptyOnRemoval: false,
          refusesMalformedTokens: false,
        },
        ...{ throttle: { ratePerSecond: 10_000, burst: 5000 }, traces: { perSecond: 1, share: 0.01 } },
      },
      counters: { ...common.counters, series: { hour: 400 } },
      http: { corsOrigins: [], publicReads: true, compressAnswers: false },
      tokens: { ...common.tokens, exactLimit: true },
      canary: { everyMinutes: 1 },
    },
  ],
  [
    'localstack',
    {
      ...{ ...common, logs: [adLog, '1 provisioned 2 168'] },
      cloud: { ...cloud, retainData: false, logRetentionDays: 7, refusesMalformedTokens: true },
      audit: { everyMinutes: 0 },
      delivery: accepted,
    },
  ],
] as const)('the settings of %s are what was decided', (stage, expected) => {
  expect(decisions(stage)).toEqual(expected);
  expect(stageSettings(stage).stage).toBe(stage);
});

it('the functions have the memory and the time that was decided, in every stage', () => {
  for (const stage of stageNames) {
    const { functions } = stageSettings(stage);
    const sizes = Object.entries(functions).map(([name, size]) => [name, size.memoryMb, size.timeoutSeconds]);
    expect(sizes).toEqual([
      ['ingest-ads', 512, 28],
      ['ingest-increments', 512, 28],
      ['aggregate-increments', 1769, 60],
      ['project-ads', 1769, 60],
      ['query-ads', 1769, 28],
      ['read-counters', 256, 28],
      ['expire-ad', 256, 30],
      ['sweep-ads', 1024, 120],
      ['describe-api', 256, 10],
      ['operate-quarantine', 512, 28],
      ['read-stats', 256, 28],
      ['warm-release', 256, 330],
      ['audit-counters', 3008, 900],
      ['archive-increments', 1769, 600],
      ['run-canary', 256, 45],
      ['decide-ads', 1769, 28],
      ['track-ads', 512, 28],
      ['authorize-request', 512, 5],
    ]);
  }
});

it('only the five names are stages', () => {
  expect(['local', 'dev', 'staging', 'prod', 'localstack'].every(isStageName)).toBe(true);
  expect(['', 'Prod', 'prod ', 'toString'].some(isStageName)).toBe(false);
});
