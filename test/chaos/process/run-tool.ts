import { execFileSync } from 'node:child_process';

/** Runs a program of the system; throws when it is absent or fails. */
export function runTool(name: string, ...args: readonly string[]): void {
  execFileSync(name, args, { stdio: 'pipe' });
}
