import { StatsError, type StatsSource } from '../../lib/ports/pipeline-stats.ts';

/** Where nobody keeps figures. */
export const noStats: StatsSource = {
  read: () => Promise.reject(new StatsError('nobody keeps figures here')),
};
