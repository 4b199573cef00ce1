import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { StageSettings } from '../stages.ts';

const byDays: Readonly<Record<StageSettings['cloud']['logRetentionDays'], RetentionDays>> = {
  7: RetentionDays.ONE_WEEK,
  30: RetentionDays.ONE_MONTH,
  90: RetentionDays.THREE_MONTHS,
};

export function logRetention({ cloud }: StageSettings): RetentionDays {
  return byDays[cloud.logRetentionDays];
}
