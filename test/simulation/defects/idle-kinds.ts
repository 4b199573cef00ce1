import type { FaultName } from '../faults.ts';

/** Fault kinds that no planted defect needs, and why none can be told from the product as it is. */
export const idleKinds: Readonly<Partial<Record<FaultName, string>>> = {
  'empty-batch':
    'the function refuses it at once, and the platform hears nothing of it: there is no state it could spoil',
  'append-reordered':
    'a request has one record per counter and a sweep one per ad, so nothing depends on the order within one append',
};
