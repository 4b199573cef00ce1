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
 * What an entry of the quarantine says of its record. Throws an UnreadableRecordError when it says nothing, or speaks of
 * another record: a redrive would then settle that one and add what stands here.
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
