import type { FaultName } from '../faults.ts';

/** Fault kinds that no planted defect needs, and the reason for each. */
export const idleKinds: Readonly<Partial<Record<FaultName, string>>> = {
  'hot-shard':
    'it refuses entries of one shard as `append-entry-throttled` refuses any; the product has no state per shard that could differ',
  'destination-duplicated':
    'two concurrent reports write the same entry and the same skip item, under conditions; unit tests report a second time after the end',
};
