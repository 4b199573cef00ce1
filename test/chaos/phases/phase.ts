import type { Trial } from '../trial.ts';

/** One kind of fault, as often as asked for. Whatever it leaves running or dead, the audit starts a new process. */
export interface Phase {
  readonly name: string;
  /** Of one process after the other, on the trial's folder. */
  run(trial: Trial, rounds: number): Promise<void>;
  /** Throws a NotHereError where this machine, or this user, cannot have the fault. */
  readonly assertPossible?: () => void;
  /** The folder of the trial is made in what this resolves to; default the system's. */
  readonly place?: () => Promise<{ readonly parent: string; dispose(): Promise<void> }>;
}

export class NotHereError extends Error {
  override readonly name = 'NotHereError';
}
