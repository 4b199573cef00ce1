/** The whole file cannot be read or written. The message says where, what is wrong, and what to do. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** What is wrong with one row. */
export interface Fault {
  /** Where the row begins in the file, from 1. */
  readonly line: number;
  /** undefined: the row as a whole. */
  readonly column?: string;
  /** What the file has there. */
  readonly value?: string;
  readonly message: string;
}
