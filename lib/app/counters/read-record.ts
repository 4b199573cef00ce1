import type { Poison } from '../../core/counters/counter-record.ts';
import type { Incremented } from '../../core/counters/increment-event.ts';
import { parseDeliveryKey } from '../../core/delivery/delivery-key.ts';
import type { RightsRecord } from '../../core/delivery/goals/rights-record.ts';
import type { Tracked } from '../../core/delivery/tracked-event.ts';
import { readRights } from '../delivery/rights-codec.ts';
import { readTracked } from '../delivery/tracked-codec.ts';
import { readIncrement } from './increment-codec.ts';
import type { EncodedRecord } from './record-text.ts';

/** A record of `increments`, once it is decoded. */
export type LoggedBody = Incremented | Tracked | RightsRecord | Poison;

/**
 * Decodes a record of `increments`: what is logged of an ad has partition keys of its own, and each other record is an
 * increment, or poison with its reason. Never throws.
 */
export function readRecord(record: EncodedRecord): LoggedBody {
  if (parseDeliveryKey(record.partitionKey) === undefined) return readIncrement(record);
  // Nearly all records of ads are events, and one that is not is no event at all.
  const event = readTracked(record);
  return event.type === 'poison' ? (readRights(record) ?? event) : event;
}
