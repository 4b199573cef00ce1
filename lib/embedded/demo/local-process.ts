import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../node-flags.ts';

export interface LocalProcess {
  readonly url: URL;
  readonly pid: number;
  /** Lets it finish what it is doing; resolves to its exit code, null if it was killed. */
  stop(): Promise<number | null>;
  /** kill -9. */
  kill(): Promise<void>;
}

const program = fileURLToPath(new URL('../../../bin/local.ts', import.meta.url));

/** Starts `bin/local.ts` on a free port and waits until its banner says that it answers. Rejects with what it said when it ends first. */
export async function startLocalProcess(folder: string, args: readonly string[] = []): Promise<LocalProcess> {
  const child = spawn(
    process.execPath,
    [...nodeFlags, program, '--data', folder, '--port', '0', '--quiet', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const url = await readyUrl(child);
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      await end(child, 'SIGTERM');
      return child.exitCode;
    },
    kill: () => end(child, 'SIGKILL'),
  };
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** What it writes is kept up to here, for the message when it fails. */
const outputLengthMax = 10_000;

function readyUrl(child: ChildProcess): Promise<URL> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (text: string): void => {
      output = (output + text).slice(-outputLengthMax);
      const url = /adtally is ready on (http:\S+)\n/.exec(output)?.[1];
      if (url !== undefined) resolve(new URL(url));
    };
    child.stdout?.setEncoding('utf8').on('data', read);
    child.stderr?.setEncoding('utf8').on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => {
      reject(new Error(`the pipeline ended with exit code ${String(code)}: ${output.trim()}`));
    });
  });
}
