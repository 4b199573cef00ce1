import type { FaultName } from '../faults.ts';

/** Fault kinds that no planted defect needs, and the reason for each. */
export const idleKinds: Readonly<Partial<Record<FaultName, string>>> = {
  'hot-shard':
    'it refuses entries of one shard as `append-entry-throttled` refuses any; the product keeps nothing by shard that the difference could show',
  'destination-duplicated':
    'two tellings at once write the same entry and the same skip item, under conditions; unit tests tell a second time after the end',
};
