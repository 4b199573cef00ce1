import { launcherVariable } from '../../lib/options.ts';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../lib/embedded/node-flags.ts';

export interface ServerOptions {
  readonly folder: string;
  /** Further arguments, as `npm start` takes them. */
  readonly args?: readonly string[];
  /** A module that is loaded ahead of the server; messages go to it and come from it. */
  readonly preload?: string;
  readonly onMessage?: (message: unknown) => void;
  readonly environment?: Readonly<Record<string, string>>;
  /** Largest size of a file that it may write, bytes; can be raised while it runs (prlimit). */
  readonly fileBytesMax?: number;
  /** Default true: it logs nothing but warnings and errors. */
  readonly quiet?: boolean;
  /** Another program than `bin/local.ts`, which gets no arguments. */
  readonly program?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The process ended before it was ready. */
export class NotStartedError extends Error {
  override readonly name = 'NotStartedError';
  readonly exit: Exit;

  constructor(exit: Exit, output: string) {
    const how = exit.signal ?? `exit code ${exit.code ?? '?'}`;
    super(`the server was not ready when it ended with ${how}: ${output.trim()}`);
    this.exit = exit;
  }
}

const product = fileURLToPath(new URL('../../bin/local.ts', import.meta.url));
const outputLengthMax = 20_000;

/**
 * `bin/local.ts` in a process of its own on a free port. Resolves once it answers; rejects with a
 * NotStartedError.
 */
export async function startServer(folder: string, args: readonly string[] = []): Promise<ServerProcess> {
  const server = new ServerProcess({ folder, args });
  await server.ready;
  return server;
}

/** A server in a process of its own, which says on standard output or error where it is ready. */
export class ServerProcess {
  /** Resolves once it answers; rejects with a NotStartedError. */
  readonly ready: Promise<URL>;
  readonly exited: Promise<Exit>;
  readonly startedAtMs = performance.now();
  readyAfterMs = Number.NaN;
  /** This process has told it to end. */
  told = false;
  #url: URL | undefined;
  /** The last of what it wrote to each. */
  readonly said = { stdout: '', stderr: '' };
  readonly #child: ChildProcess;

  constructor(options: ServerOptions) {
    const {
      folder,
      args = [],
      quiet = true,
      preload,
      onMessage,
      environment,
      fileBytesMax,
      program,
    } = options;
    const imports = preload === undefined ? [] : ['--import', preload];
    const arguments_ = ['--data', folder, '--port', '0', ...(quiet ? ['--quiet'] : []), ...args];
    // Where the package is installed, its launcher is the only program.
    const launcher = process.env[launcherVariable];
    const installed = launcher === undefined ? [product] : [launcher, 'start'];
    const node = [
      process.execPath,
      ...nodeFlags,
      ...imports,
      ...(program === undefined ? installed : [program]),
    ];
    const limit = fileBytesMax === undefined ? [] : ['prlimit', `--fsize=${fileBytesMax}:unlimited`];
    const [file = '', ...rest] = [...limit, ...node, ...(program === undefined ? arguments_ : [])];
    const child = spawn(file, rest, {
      stdio: ['ignore', 'pipe', 'pipe', ...(preload === undefined ? [] : (['ipc'] as const))],
      env: { ...process.env, ...environment },
    });
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        resolve({ code, signal });
      });
    });
    if (onMessage !== undefined) child.on('message', onMessage);
    this.ready = this.#whenReady();
    // Who kills it while it starts does not wait for this.
    this.ready.catch(() => undefined);
  }

  /** Where it listens; once it is ready. */
  get url(): URL {
    if (this.#url === undefined) throw new Error('the server is not ready');
    return this.#url;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get output(): string {
    return this.said.stdout + this.said.stderr;
  }

  /** To the module that was loaded ahead. */
  send(message: object): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Resolves to the next message that comes back; rejects when the process is gone. */
  request(message: object): Promise<unknown> {
    return requestOf(this.#child, message);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Nobody reads what it writes from here on. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.told = true;
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  /** Asks it to finish what it is doing and stop; resolves as `exited` does. */
  stop(): Promise<Exit> {
    this.told = true;
    this.#child.kill('SIGTERM');
    return this.exited;
  }

  #whenReady(): Promise<URL> {
    return new Promise((resolve, reject) => {
      const read = (stream: 'stdout' | 'stderr', text: string): void => {
        this.said[stream] = (this.said[stream] + text).slice(-outputLengthMax);
        const url = /ready on (http:\S+)\n/.exec(this.said[stream])?.[1];
        if (url === undefined || this.#url !== undefined) return;
        this.readyAfterMs = performance.now() - this.startedAtMs;
        this.#url = new URL(url);
        resolve(this.#url);
      };
      for (const stream of ['stdout', 'stderr'] as const)
        this.#child[stream]?.setEncoding('utf8').on('data', (text: string) => {
          read(stream, text);
        });
      this.#child.on('error', reject);
      void this.exited.then((exit) => {
        reject(new NotStartedError(exit, this.output));
      });
    });
  }
}

/**
 * Sends a message to a child process. Resolves to the next one that comes back; rejects when the child is
 * gone.
 */
export async function requestOf(child: ChildProcess, message: object): Promise<unknown> {
  if (!child.connected) throw new Error('the child process is gone');
  const settled = new AbortController();
  const { signal } = settled;
  const answer = once(child, 'message', { signal });
  const gone = once(child, 'exit', { signal });
  child.send(message);
  try {
    return await Promise.race([
      answer.then(([given]) => given as unknown),
      gone.then(([code]) => Promise.reject(new Error(`the child process ended with ${String(code)}`))),
    ]);
  } finally {
    // The loser's listeners go too: one would stay with every request.
    answer.catch(() => undefined);
    gone.catch(() => undefined);
    settled.abort();
  }
}
