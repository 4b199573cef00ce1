import { UnreadableRecordError, type QuarantinedRecord } from '../../ports/quarantine.ts';
import { readFacts } from '../records/quarantined-facts.ts';

/** The JSON of a quarantined record in the bucket: indented, with its data in base64. */
export function toQuarantineJson(record: QuarantinedRecord): string {
  return JSON.stringify({ ...record, data: Buffer.from(record.data).toString('base64') }, undefined, 2);
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Throws an UnreadableRecordError that names the object. */
export function fromQuarantineJson(key: string, json: string): QuarantinedRecord {
  const facts = readFacts(key, json);
  const { data } = JSON.parse(json) as { readonly data?: unknown };
  if (typeof data !== 'string' || !base64.test(data)) {
    throw new UnreadableRecordError(`the entry ${key} has no data in base64`);
  }
  return { ...facts, data: Uint8Array.from(Buffer.from(data, 'base64')) };
}
