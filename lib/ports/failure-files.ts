export interface FailureFile {
  readonly key: string;
  readonly bytes: number;
  readonly writtenAtMs: number;
}

/**
 * The failure destination of the event source mappings: one JSON file per batch that a mapping gave up,
 * written by the platform itself. Every method rejects with a QuarantineError.
 */
export interface FailureFiles {
  /** By key; `after`: the key of the last one seen; `limit` 1..1000. */
  list(page: {
    readonly after?: string;
    readonly limit: number;
  }): Promise<{ readonly files: readonly FailureFile[]; readonly more: boolean }>;
  /** The text; undefined: the file does not exist. */
  read(key: string): Promise<string | undefined>;
  /** Removing a missing file is not an error. */
  remove(key: string): Promise<void>;
}
