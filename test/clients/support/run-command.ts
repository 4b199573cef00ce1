import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  /** On top of this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: ten minutes. */
  readonly timeoutMs?: number;
}

export interface CommandResult {
  /** null: ended by a signal, as after `timeoutMs`. */
  readonly status: number | null;
  /** Both streams, as they came; of a long output the end. */
  readonly output: string;
}

const outputLengthMax = 2_000_000;
/** What an error shows of it. */
const shownLengthMax = 4000;

/** Runs a program to its end, and resolves however that is; rejects when it cannot be started. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, environment = {}, timeoutMs = 600_000 }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd !== undefined && { cwd }),
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const read = (text: string): void => {
      output = (output + text).slice(-outputLengthMax);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, output });
    });
  });
}

/** Like `runCommand`, resolving to the output; an exit code other than 0 is an error that shows its end. */
export async function runToSuccess(
  command: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const { status, output } = await runCommand(command, args, options);
  if (status === 0) return output;
  throw new Error(
    `${command} ended with ${status ?? 'a signal'}: ${args.join(' ')}\n${output.slice(-shownLengthMax)}`,
  );
}
