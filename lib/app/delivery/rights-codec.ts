import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { assert } from '../../core/assert.ts';
import type { Poison } from '../../core/counters/counter-record.ts';
import { deliveryKey, isAdId } from '../../core/delivery/delivery-key.ts';
import { isRightsRecord, type RightsRecord } from '../../core/delivery/goals/rights-record.ts';
import { incrementVersions, upcast } from '../../core/event-format.ts';
import { firstIssue, parseJson, type EncodedRecord } from '../counters/record-text.ts';

const whole = z.int().min(0);
const common = { v: z.literal(1), ad: z.string().refine(isAdId), generation: whole };

/** The newest form; older ones are raised to it (event-format.ts). Unknown fields are ignored. */
const rightsSchema = z.discriminatedUnion('type', [
  z.object({
    ...{ ...common, type: z.literal('RightsClosed'), through: whole, ledgerClosed: whole },
    impressionMinutes: z.int().min(1).max(1440).optional(),
  }),
  z.object({ ...common, type: z.literal('RightsOpened'), plan: whole }),
]);

/** Throws an AssertionError if the record is invalid: it must never reach the log. */
export function encodeRights(record: RightsRecord): Uint8Array {
  assert(rightsSchema.safeParse(record).success, 'an order about rights that breaks its own schema');
  return Buffer.from(JSON.stringify(record));
}

/** undefined: the body names another type. One that the schema refuses is poison, with the reason. Never throws. */
export function readRights({ partitionKey, data }: EncodedRecord): RightsRecord | Poison | undefined {
  const raised = upcast(parseJson(data), incrementVersions);
  if (raised.status === 'too-new') return { type: 'poison', reason: raised.reason };
  if (!isOfType(raised.value)) return undefined;
  const parsed = rightsSchema.safeParse(raised.value);
  if (!parsed.success) return { type: 'poison', reason: firstIssue(parsed.error) };
  if (partitionKey !== deliveryKey(parsed.data.ad, 'impression'))
    return { type: 'poison', reason: 'the partition key names another counter' };
  return parsed.data;
}

function isOfType(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { type } = value as { type?: unknown };
  return typeof type === 'string' && isRightsRecord({ type });
}
