import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../../lib/embedded/node-flags.ts';
import type { JumpDone, JumpOrder } from './jumping-clock.ts';

const program = fileURLToPath(new URL('../../../bin/local.ts', import.meta.url));
const jumpingClock = fileURLToPath(new URL('./jumping-clock.ts', import.meta.url));

export interface ServerOptions {
  readonly folder: string;
  /** Runs with the jumping clock, this far off. */
  readonly shiftMs?: number;
  readonly onJump?: (shiftMs: number) => void;
  /** Largest size of a file that it may write, bytes; can be raised while it runs (prlimit). */
  readonly fileBytesMax?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Said by a process that ended before it was ready. */
export class NotStartedError extends Error {
  override readonly name = 'NotStartedError';
  readonly exit: Exit;

  constructor(exit: Exit, output: string) {
    super(`ended with ${exit.code ?? exit.signal ?? '?'} before it was ready: ${output.trim()}`);
    this.exit = exit;
  }
}

const outputLengthMax = 20_000;

/** `bin/local.ts` in a process of its own, on a free port, for whatever is to be done to it. */
export class ServerProcess {
  /** Resolves once it answers; rejects with a NotStartedError. */
  readonly ready: Promise<URL>;
  readonly exited: Promise<Exit>;
  readonly startedAtMs = performance.now();
  readyAfterMs = Number.NaN;
  /** Somebody here has told it to end. */
  told = false;
  #output = '';
  readonly #child: ChildProcess;

  constructor({ folder, shiftMs, onJump, fileBytesMax }: ServerOptions) {
    const preload = shiftMs === undefined ? [] : ['--import', jumpingClock];
    const args = [...nodeFlags, ...preload, program, '--data', folder, '--port', '0', '--quiet'];
    const command = fileBytesMax === undefined ? [] : ['prlimit', `--fsize=${fileBytesMax}:unlimited`];
    const [file = process.execPath, ...rest] = [...command, process.execPath, ...args];
    const child = spawn(file, rest, {
      stdio: ['ignore', 'pipe', 'pipe', ...(shiftMs === undefined ? [] : (['ipc'] as const))],
      env: { ...process.env, ...(shiftMs !== undefined && { CHAOS_SHIFT_MS: String(shiftMs) }) },
    });
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        resolve({ code, signal });
      });
    });
    child.on('message', (message) => onJump?.((message as JumpDone).shiftMs));
    this.ready = this.#whenReady();
    // Whoever kills it while it starts does not wait for this.
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The last of what it wrote. */
  get output(): string {
    return this.#output;
  }

  jump(order: JumpOrder): void {
    if (this.#child.connected) this.#child.send(order);
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.told = true;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** Asks it to stop; resolves as `exited` does. */
  stop(): Promise<Exit> {
    this.told = true;
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  #whenReady(): Promise<URL> {
    return new Promise((resolve, reject) => {
      const read = (text: string): void => {
        this.#output = (this.#output + text).slice(-outputLengthMax);
        const url = /adtally is ready on (http:\S+)\n/.exec(this.#output)?.[1];
        if (url === undefined || !Number.isNaN(this.readyAfterMs)) return;
        this.readyAfterMs = performance.now() - this.startedAtMs;
        resolve(new URL(url));
      };
      this.#child.stdout?.setEncoding('utf8').on('data', read);
      this.#child.stderr?.setEncoding('utf8').on('data', read);
      this.#child.on('error', reject);
      void this.exited.then((exit) => {
        reject(new NotStartedError(exit, this.#output));
      });
    });
  }
}
