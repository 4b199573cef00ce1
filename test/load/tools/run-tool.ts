import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface ToolAnswer {
  readonly code: number | null;
  readonly stdout: string;
}

/** Runs a program to its end; its standard error goes to ours. Rejects if its exit code is not `expected`. */
export async function runTool(
  program: string,
  args: readonly string[],
  expected: readonly number[] = [0],
): Promise<ToolAnswer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (!expected.includes(code ?? -1))
    throw new Error(`${program} ended with ${String(code)}: ${stdout.slice(-1000)}`);
  return { code, stdout };
}
