import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { StatsSource } from '../../ports/pipeline-stats.ts';
import { systemClock } from '../system/system-clock.ts';
import { systemIds } from '../system/system-ids.ts';
import { clientOptions } from './aws-clients.ts';
import type { MeasuredStage } from './cloudwatch-figures.ts';
import { createCloudwatchStats } from './cloudwatch-stats.ts';

/** The figures of this function's stage. */
export function lambdaStats(stage: MeasuredStage): StatsSource {
  return createCloudwatchStats({
    client: new CloudWatchClient(clientOptions()),
    stage,
    clock: systemClock,
    ids: systemIds,
  });
}
