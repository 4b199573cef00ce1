import { assert } from '../core/assert.ts';
import { isShardRef, positionText } from '../core/log-position.ts';
import { isSequenceNumber } from '../core/sequence-number.ts';
import type { StreamName } from '../core/streams.ts';
import { PortError } from './port-error.ts';

/**
 * A whole record that could not be processed, with the reason. `id` is
 * `<stream>/<epoch>/<shardId>/<sequenceNumber>`.
 */
export interface QuarantinedRecord {
  readonly stream: StreamName;
  readonly epoch: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly arrivedAtMs: number;
  readonly quarantinedAtMs: number;
  readonly reason: string;
}

export type QuarantineId = Pick<QuarantinedRecord, 'stream' | 'epoch' | 'shardId' | 'sequenceNumber'>;

export function quarantineKey(id: QuarantineId): string {
  return `${id.stream}/${positionText(id)}`;
}

/** The pattern of a record's key, also in the OpenAPI document. */
export const quarantineKeyPattern =
  /^(?:ad-events|increments)\/[0-9a-z]{1,16}\/[0-9a-zA-Z_.-]{1,128}\/[0-9]{1,129}$/;

/** undefined: not a valid key. */
export function parseQuarantineKey(key: string): QuarantineId | undefined {
  if (!quarantineKeyPattern.test(key)) return undefined;
  const [stream, epoch = '', shardId = '', sequenceNumber = ''] = key.split('/');
  assert(isShardRef({ epoch, shardId }) && isSequenceNumber(sequenceNumber), 'the pattern checks both');
  return { stream: stream === 'ad-events' ? stream : 'increments', epoch, shardId, sequenceNumber };
}

export interface QuarantinePage {
  readonly records: readonly QuarantinedRecord[];
  /** Keys of entries that exist but cannot be read. */
  readonly unreadable: readonly string[];
  /** The last key of this page, to continue after; undefined: there was none. */
  readonly last: string | undefined;
  readonly more: boolean;
}

/**
 * Stores quarantined records. The skip item in the state store has the state of a record. An entry without a
 * skip item is from an attempt that did not finish, so its record is not settled.
 */
export interface Quarantine {
  /** Durable when it resolves; storing the same record again replaces it. */
  store(record: QuarantinedRecord): Promise<void>;
  /** Rejects with an UnreadableRecordError if the entry cannot be read. */
  get(id: QuarantineId): Promise<QuarantinedRecord | undefined>;
  /** Entries by key; `after`: the key of the last one seen; `limit` 1..1000. */
  list(page: { readonly after?: string; readonly limit: number }): Promise<QuarantinePage>;
  /** Removing a missing record is not an error. */
  remove(id: QuarantineId): Promise<void>;
}

/** `quarantine-unavailable`: no answer or a server error; the call may have taken effect. */
export class QuarantineError extends PortError {
  override readonly name = 'QuarantineError';
  readonly code = 'quarantine-unavailable';
  readonly retryable = true;
}

/** `quarantine-unreadable`: the entry is damaged or comes from another program. Retrying does not help. */
export class UnreadableRecordError extends PortError {
  override readonly name = 'UnreadableRecordError';
  readonly code = 'quarantine-unreadable';
  readonly retryable = false;
}

/** Sorts the entries of a page into readable and unreadable ones. */
export function pageOfQuarantine(
  entries: readonly { readonly key: string; readonly record: QuarantinedRecord | 'unreadable' | undefined }[],
  more: boolean,
): QuarantinePage {
  const records: QuarantinedRecord[] = [];
  const unreadable: string[] = [];
  for (const { key, record } of entries) {
    if (record === 'unreadable') unreadable.push(key);
    // Removed between the listing and the reading.
    else if (record !== undefined) records.push(record);
  }
  return { records, unreadable, last: entries.at(-1)?.key, more };
}
