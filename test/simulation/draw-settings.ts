import { stageSettings, type StageSettings } from '../../lib/stages.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Kernel } from './kernel.ts';

/** The settings of one seed: those of a stage, with values that a stage may choose drawn from the seed. */
export function drawSettings(kernel: Kernel, faults: FaultPlan, goals: boolean): StageSettings {
  const prng = kernel.fork('settings');
  const base = stageSettings('staging');
  const isShort = faults.strikes('retention-expiry');
  const retentionHours = isShort ? 1 : base.streams.increments.retentionHours;
  const streams = {
    'ad-events': { ...base.streams['ad-events'], retentionHours },
    increments: { ...base.streams.increments, retentionHours, shardCount: prng.int(1, 4) },
  };
  const maximumRecordAgeSeconds = isShort
    ? prng.int(300, 1200)
    : base.deliveries['project-ads'].maximumRecordAgeSeconds;
  // Numbers of their own: what a seed draws besides stays the same.
  const snapshotBlobsFromBytes = kernel.fork('blobs').pick([Infinity, 0, 2000]);
  return {
    ...base,
    externalIds: 'accept',
    delivery: {
      ...{ ...base.delivery, accepts: true, goals, caps: true },
      // With one minute, epochs are closed while clients work.
      impressionMinutes: kernel.fork('delivery').pick(goals ? [1, 1, 10, 60] : [1, 10, 10, 60]),
    },
    streams,
    deliveries: {
      'project-ads': {
        ...base.deliveries['project-ads'],
        batchSize: prng.pick([3, 20, 500]),
        maximumRecordAgeSeconds,
      },
      'aggregate-increments': {
        ...base.deliveries['aggregate-increments'],
        batchSize: prng.pick([3, 50, 1000, 5000]),
        maximumBatchingWindowSeconds: prng.pick([0, 0.05, 1]),
        parallelizationFactor: prng.int(1, 5),
        maximumRecordAgeSeconds,
      },
    },
    ads: {
      ...(prng.chance(0.1) ? { ...base.ads, liveAdsMax: prng.int(3, 20) } : base.ads),
      snapshotBlobsFromBytes,
      endedDays: kernel.fork('ended').pick([0, 1, 90, 90]),
    },
    reader: { ...base.reader, maxStalenessMs: prng.pick([0, 1000]) },
    counters: {
      ...base.counters,
      topKeysSaveMs: prng.pick([200, 10_000]),
      // Rates are low here: with the first, two records of one partition key in a batch make a counter hot.
      laneRecordsPerSecond: kernel.fork('hot').pick([1, 5, 200]),
      series: prng.pick([{}, { hour: 92 }, { minute: 2, day: 1100 }, { minute: 2, hour: 92, day: 1100 }]),
    },
  };
}
