/** How far a shard has been archived. */
export interface ArchivedShard {
  /** The last number; undefined: nothing yet. */
  readonly through: string | undefined;
  /** When that record arrived, milliseconds; 0: nothing yet. */
  readonly arrivedAtMs: number;
  /** The shard gets no more records, and all of them have been archived. */
  readonly ended: boolean;
  /** Records after `through` may be missing for ever. */
  readonly gap: boolean;
}

/** What the archiver keeps from run to run. Of an old or a lost one it archives some records again. */
export interface ArchiveBook {
  /**
   * Every record that had arrived by then, milliseconds, is in the archive, but for what is known to be missing;
   * undefined: no run came that far.
   */
  readonly completeAtMs: number | undefined;
  /** Every shard that the log had, also if it was empty. */
  readonly shards: ReadonlyMap<string, ArchivedShard>;
}

export const emptyArchiveBook: ArchiveBook = { completeAtMs: undefined, shards: new Map() };

const format = 'adtally-archive-book-1';

export function encodeArchiveBook({ completeAtMs, shards }: ArchiveBook): Uint8Array {
  return Buffer.from(JSON.stringify({ format, completeAtMs, shards: [...shards] }));
}

/**
 * Bytes that are no book are none: the next run archives again what the log still has, and audits then trust the
 * parts alone.
 */
export function decodeArchiveBook(bytes: Uint8Array | undefined): ArchiveBook {
  if (bytes === undefined) return emptyArchiveBook;
  try {
    const stored = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
    if (stored['format'] !== format) return emptyArchiveBook;
    const shards = new Map(stored['shards'] as readonly [string, ArchivedShard][]);
    return { completeAtMs: stored['completeAtMs'] as number | undefined, shards };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return emptyArchiveBook;
    throw error;
  }
}
