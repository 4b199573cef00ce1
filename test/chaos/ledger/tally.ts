/** How much was asked, and how it was answered. */
export class Tally {
  /** Sent to a process that took the connection; each try of a repeated request counts. */
  requests = 0;
  /** Writes answered with a 2xx, the repetitions of an acknowledged one not included. */
  acknowledged = 0;
  /** Tries of writes that were cut off, or answered in a way that leaves open what became of them. */
  ambiguous = 0;
  /** Writes refused with a 503 that says that nothing was written. */
  refused = 0;
  reads = 0;
  kills = 0;
  restarts = 0;
  jumps = 0;
  pauses = 0;
  /** From the start of a process until it answered, milliseconds. */
  readonly restartsMs: number[] = [];
}
