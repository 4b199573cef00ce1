import { fromMark, isSequenceNumber, toMark } from '../core/sequence-number.ts';
import type { StreamName } from '../core/streams.ts';
import { PortError } from './port-error.ts';

/** A piece of one shard: every record after `after` up to `through`. */
export interface ArchivedPart {
  readonly shardId: string;
  /** undefined: from the first record of the shard. */
  readonly after: string | undefined;
  /** The number of its last record. */
  readonly through: string;
  /** When its last record arrived, milliseconds. */
  readonly lastArrivedAtMs: number;
}

/**
 * Keeps records of one incarnation of a stream for longer than the stream does. A part is written whole and never
 * changed. Parts may overlap, and what is between two of them is not in the archive. Every method rejects with an
 * ArchiveError.
 */
export interface LogArchive {
  readonly stream: StreamName;
  readonly epoch: string;
  /** The shards with parts. */
  shardIds(): Promise<readonly string[]>;
  /** Those of a shard, by `after`, then by `through`; from the one behind `behind`; `limit` 1..1000. */
  parts(
    shardId: string,
    page: { readonly behind?: ArchivedPart; readonly limit: number },
  ): Promise<{ readonly parts: readonly ArchivedPart[]; readonly more: boolean }>;
  /** The bytes of a part; undefined: it does not exist. */
  read(part: ArchivedPart): Promise<Uint8Array | undefined>;
  /** Durable when it resolves; a reader finds all bytes or none. Writing a part again replaces it. */
  write(part: ArchivedPart, bytes: Uint8Array): Promise<void>;
}

/** `archive-unavailable`: the archive did not answer or refused. A write may have taken effect. */
export class ArchiveError extends PortError {
  override readonly name = 'ArchiveError';
  readonly code = 'archive-unavailable';
  readonly retryable = true;
}

/** Before all numbers. */
const fromTheFirst = '000';

/** The name of a part within its shard. Names sort as `parts` does. */
export function partName({ after, through, lastArrivedAtMs }: ArchivedPart): string {
  return `${after === undefined ? fromTheFirst : toMark(after)}-${toMark(through)}-${lastArrivedAtMs}`;
}

/** undefined: no name of a part. */
export function parsePartName(shardId: string, name: string): ArchivedPart | undefined {
  const [after = '', through = '', arrivedAt = '', ...rest] = name.split('-');
  if (rest.length > 0 || !/^\d{1,16}$/.test(arrivedAt)) return undefined;
  if (!isMark(through) || (after !== fromTheFirst && !isMark(after))) return undefined;
  return {
    shardId,
    after: after === fromTheFirst ? undefined : fromMark(after),
    through: fromMark(through),
    lastArrivedAtMs: Number(arrivedAt),
  };
}

function isMark(text: string): boolean {
  const digits = text.slice(3);
  return isSequenceNumber(digits) && toMark(digits) === text;
}
