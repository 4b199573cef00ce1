import { assert } from '../core/assert.ts';
import { isShardRef, positionText } from '../core/log-position.ts';
import { isSequenceNumber } from '../core/sequence-number.ts';
import type { StreamName } from '../core/streams.ts';
import { PortError } from './port-error.ts';

/** A record that could not be processed, whole, with the reason. `id` is `<stream>/<epoch>/<shardId>/<sequenceNumber>`. */
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

/** What the key of a record looks like; the API's document has it too. */
export const quarantineKeyPattern =
  /^(?:ad-events|increments)\/[0-9a-z]{1,16}\/[0-9a-zA-Z_.-]{1,128}\/[0-9]{1,129}$/;

/** undefined: not the key of any record. */
export function parseQuarantineKey(key: string): QuarantineId | undefined {
  if (!quarantineKeyPattern.test(key)) return undefined;
  const [stream, epoch = '', shardId = '', sequenceNumber = ''] = key.split('/');
  assert(isShardRef({ epoch, shardId }) && isSequenceNumber(sequenceNumber), 'the pattern is of both');
  return { stream: stream === 'ad-events' ? stream : 'increments', epoch, shardId, sequenceNumber };
}

export interface QuarantinePage {
  readonly records: readonly QuarantinedRecord[];
  /** Keys of entries that are there and cannot be read. */
  readonly unreadable: readonly string[];
  /** The last key looked at, to go on after; undefined: there was none. */
  readonly last: string | undefined;
  readonly more: boolean;
}

/**
 * Keeps records that were given up. Storing is not giving up: the skip item in the state store says what became of a
 * record; an entry without one was stored by an attempt that did not finish.
 */
export interface Quarantine {
  /** Durable when it resolves; storing the same record again replaces it. */
  store(record: QuarantinedRecord): Promise<void>;
  /** Rejects with an UnreadableRecordError when what is kept cannot be read. */
  get(id: QuarantineId): Promise<QuarantinedRecord | undefined>;
  /** Entries by key; `after`: the key of the last one seen; `limit` 1..1000. */
  list(page: { readonly after?: string; readonly limit: number }): Promise<QuarantinePage>;
  /** Removing what is absent is fine. */
  remove(id: QuarantineId): Promise<void>;
}

/** `quarantine-unavailable`: no answer or a server error; the call may have taken effect. */
export class QuarantineError extends PortError {
  override readonly name = 'QuarantineError';
  readonly code = 'quarantine-unavailable';
  readonly retryable = true;
}

/** `quarantine-unreadable`: what is kept of a record is spoilt, or was put there by somebody else. Nothing mends it. */
export class UnreadableRecordError extends PortError {
  override readonly name = 'UnreadableRecordError';
  readonly code = 'quarantine-unreadable';
  readonly retryable = false;
}

/** Sorts what was read, entry by entry, for a page. */
export function pageOfQuarantine(
  entries: readonly { readonly key: string; readonly record: QuarantinedRecord | 'unreadable' | undefined }[],
  more: boolean,
): QuarantinePage {
  const records: QuarantinedRecord[] = [];
  const unreadable: string[] = [];
  for (const { key, record } of entries) {
    if (record === 'unreadable') unreadable.push(key);
    // Removed between the listing and the reading: no longer there.
    else if (record !== undefined) records.push(record);
  }
  return { records, unreadable, last: entries.at(-1)?.key, more };
}
