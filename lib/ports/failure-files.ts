export interface FailureFile {
  readonly key: string;
  readonly bytes: number;
  readonly writtenAtMs: number;
}

/**
 * What event source mappings gave up without their function: one JSON file a batch, written by the platform itself. Every
 * method rejects with a QuarantineError.
 */
export interface FailureFiles {
  /** By key; `after`: the key of the last one seen; `limit` 1..1000. */
  list(page: {
    readonly after?: string;
    readonly limit: number;
  }): Promise<{ readonly files: readonly FailureFile[]; readonly more: boolean }>;
  /** The text; undefined: there is no such file. */
  read(key: string): Promise<string | undefined>;
  /** Removing what is absent is fine. */
  remove(key: string): Promise<void>;
}
