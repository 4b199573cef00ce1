import type { Poison } from '../../core/counters/counter-record.ts';
import type { Incremented } from '../../core/counters/increment-event.ts';
import { parseDeliveryKey } from '../../core/delivery/delivery-key.ts';
import type { Tracked } from '../../core/delivery/tracked-event.ts';
import { readTracked } from '../delivery/tracked-codec.ts';
import { readIncrement } from './increment-codec.ts';
import type { EncodedRecord } from './record-text.ts';

/**
 * Decodes a record of `increments`: the tracked events of an ad have partition keys of their own, and each other
 * record is an increment, or poison with its reason. Never throws.
 */
export function readRecord(record: EncodedRecord): Incremented | Tracked | Poison {
  return parseDeliveryKey(record.partitionKey) === undefined ? readIncrement(record) : readTracked(record);
}
