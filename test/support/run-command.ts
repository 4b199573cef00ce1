import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CommandAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as one JSON object a line. */
  readonly lines: readonly Record<string, unknown>[];
}

/** Runs `bin/<name>.ts` in a process of its own, with more variables than this one has. */
export function runCommand(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandAnswer> {
  const program = fileURLToPath(new URL(`../../bin/${name}.ts`, import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { env: { ...process.env, ...environment } },
      (error, stdout, stderr) => {
        const lines = args.includes('--json')
          ? stdout
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => JSON.parse(line) as Record<string, unknown>)
          : [];
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr, lines });
      },
    );
  });
}
