/** What bounds the archive. Tests draw smaller values. */
export interface ArchiveLimits {
  /** Of one read of the log. */
  readonly recordsPerRead: number;
  readonly bytesPerRead: number;
  /** A part is full with so many records or bytes, uncompressed; the read that fills it may go beyond. */
  readonly recordsPerPart: number;
  readonly bytesPerPart: number;
  /** Shards that are archived at the same time. */
  readonly shardsAtOnce: number;
  /** Shards of one epoch that the book remembers, also after the log has forgotten them. */
  readonly shardsMax: number;
  /** Names in one answer of the archive. */
  readonly partsPerList: number;
  /** Parts of a shard that a reader knows. A year of ten minutes each is 52,560. */
  readonly partsMax: number;
  /** Unpacked parts that a reader keeps in memory. */
  readonly unpackedMax: number;
}

export const archiveLimits: ArchiveLimits = {
  recordsPerRead: 10_000,
  bytesPerRead: 4 * 1024 * 1024,
  recordsPerPart: 20_000,
  bytesPerPart: 16 * 1024 * 1024,
  shardsAtOnce: 4,
  shardsMax: 20_000,
  partsPerList: 1000,
  partsMax: 500_000,
  unpackedMax: 8,
};
