const mebibyte = 1024 * 1024;

/**
 * The sizes at which blocks, commits and steps are cut, and the bounds of what may wait. Tests open a folder
 * with small ones.
 */
export interface LmdbLimits {
  /** A block above this is closed and the next record begins a new one, because readers decode whole blocks. */
  readonly blockBytesMax: number;
  /** The records of one log in one commit. */
  readonly appendBytesPerCommitMax: number;
  /** The records of one log that wait for a commit. A single append may always wait. */
  readonly appendBytesWaitingMax: number;
  /** The blocks of one step of trimming; the next step continues. */
  readonly blocksPerTrimMax: number;
  readonly jobsWaitingMax: number;
  readonly bytesWaitingMax: number;
  readonly jobsPerCommitMax: number;
  readonly bytesPerCommitMax: number;
}

export const lmdbLimits: LmdbLimits = {
  blockBytesMax: 256 * 1024,
  appendBytesPerCommitMax: 8 * mebibyte,
  appendBytesWaitingMax: 64 * mebibyte,
  blocksPerTrimMax: 1000,
  jobsWaitingMax: 100_000,
  bytesWaitingMax: 256 * mebibyte,
  jobsPerCommitMax: 20_000,
  bytesPerCommitMax: 32 * mebibyte,
};
