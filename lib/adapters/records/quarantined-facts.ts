import * as z from 'zod';
import { quarantineKey, UnreadableRecordError, type QuarantinedRecord } from '../../ports/quarantine.ts';

const factsSchema = z.object({
  stream: z.enum(['ad-events', 'increments']),
  epoch: z.string(),
  shardId: z.string(),
  sequenceNumber: z.string(),
  partitionKey: z.string(),
  arrivedAtMs: z.number(),
  quarantinedAtMs: z.number(),
  reason: z.string(),
});

/**
 * Reads a quarantine entry. Throws an UnreadableRecordError if it is invalid or holds another record: a
 * redrive would then settle that record and add this one.
 */
export function readFacts(key: string, json: string): Omit<QuarantinedRecord, 'data'> {
  let facts;
  try {
    facts = factsSchema.parse(JSON.parse(json));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
    throw new UnreadableRecordError(`the entry ${key} is not a quarantined record`, { cause: error });
  }
  if (quarantineKey(facts) !== key) throw new UnreadableRecordError(`the entry ${key} holds another record`);
  return facts;
}
