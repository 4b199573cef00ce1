import * as z from 'zod';
import { QuarantineError, quarantineKey, type QuarantinedRecord } from '../../ports/quarantine.ts';

const quarantineSchema = z.object({
  stream: z.enum(['ad-events', 'increments']),
  epoch: z.string(),
  shardId: z.string(),
  sequenceNumber: z.string(),
  partitionKey: z.string(),
  data: z.base64(),
  arrivedAtMs: z.number(),
  quarantinedAtMs: z.number(),
  reason: z.string(),
});

/** A quarantined record as people find it in the bucket: indented, its data in base64. */
export function toQuarantineJson(record: QuarantinedRecord): string {
  return JSON.stringify({ ...record, data: Buffer.from(record.data).toString('base64') }, undefined, 2);
}

/**
 * Throws a QuarantineError that names the object when it is none of ours, or says that it is another's: a redrive would
 * then settle that one and add what stands here.
 */
export function fromQuarantineJson(key: string, json: string): QuarantinedRecord {
  try {
    const record = quarantineSchema.parse(JSON.parse(json));
    if (quarantineKey(record) !== key) throw new QuarantineError(`the object ${key} holds another record`);
    return { ...record, data: Uint8Array.from(Buffer.from(record.data, 'base64')) };
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
    throw new QuarantineError(`the object ${key} is not a quarantined record`, { cause: error });
  }
}
