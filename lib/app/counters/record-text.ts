import { Buffer } from 'node:buffer';
import type * as z from 'zod';

/** A record; a KinesisRecord has the base64 text, so its bytes need not be made. */
export interface EncodedRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly base64?: string;
}

/** One character per byte; undefined: not base64. `data` may be costly, so it is read only if needed. */
export function byteText(record: EncodedRecord): string | undefined {
  if (record.base64 === undefined) {
    const { data } = record;
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
  }
  try {
    return atob(record.base64);
  } catch {
    return undefined;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** undefined: not JSON in UTF-8. */
export function parseJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(data));
  } catch {
    // Not UTF-8 or not JSON: both functions throw for nothing else.
    return undefined;
  }
}

/** Short, and without the value, which may be user data. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'refused by the schema' : `${issue.path.join('.') || 'body'}: ${issue.code}`;
}
