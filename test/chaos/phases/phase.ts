import { execFileSync } from 'node:child_process';
import type { Trial } from '../trial.ts';

/** One kind of fault, repeated. It may leave a process running or dead: the audit starts a new one. */
export interface Phase {
  readonly name: string;
  /** Of one process after the other, on the trial's folder. */
  run(trial: Trial, rounds: number): Promise<void>;
  /** Throws a NotHereError where this machine, or this user, cannot have the fault. */
  readonly assertPossible?: () => void;
  /** Makes the folder in which the trial's is made; default the system's for temporary files. */
  readonly makeParent?: () => { readonly parent: string; dispose(): void };
}

export class NotHereError extends Error {
  override readonly name = 'NotHereError';
}

/** Runs a program of the system; throws when it is absent or fails. */
export function runTool(name: string, ...args: readonly string[]): void {
  execFileSync(name, args, { stdio: 'pipe' });
}

/** As runTool, where failing means that the fault cannot be had here. */
export function requireTool(why: string, name: string, ...args: readonly string[]): void {
  try {
    runTool(name, ...args);
  } catch (error) {
    throw new NotHereError(why, { cause: error });
  }
}
