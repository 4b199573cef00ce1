import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../../lib/embedded/node-flags.ts';
import type { MemoryFacts, MemoryOrder } from './memory-probe.ts';

const outputLengthMax = 10_000;
const probe = fileURLToPath(new URL('./memory-probe.ts', import.meta.url));
const product = fileURLToPath(new URL('../../../bin/local.ts', import.meta.url));
const bare = fileURLToPath(new URL('./bare-server.ts', import.meta.url));

/** A server in a process of its own, which says on its first lines where it listens. */
export class ChildServer {
  readonly url: Promise<URL>;
  readonly #child: ChildProcess;

  /** The whole pipeline as `npm start` runs it, on a folder of its own and a free port. */
  static product(folder: string, more: readonly string[] = []): ChildServer {
    return new ChildServer([
      ...nodeFlags,
      '--import',
      probe,
      product,
      '--data',
      folder,
      '--port',
      '0',
      '--quiet',
      ...more,
    ]);
  }

  /** Answers at once, and always the same. */
  static bare(): ChildServer {
    return new ChildServer([bare]);
  }

  private constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.url = readUrl(this.#child);
    this.url.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of the product only. Rejects when it is gone. */
  async memory(collect: boolean): Promise<MemoryFacts> {
    const settled = new AbortController();
    const { signal } = settled;
    const answer = once(this.#child, 'message', { signal });
    const gone = once(this.#child, 'exit', { signal });
    this.#child.send({ type: 'memory', collect } satisfies MemoryOrder);
    try {
      return await Promise.race([
        answer.then(([facts]) => facts as MemoryFacts),
        gone.then(() => Promise.reject(new Error('the server is gone'))),
      ]);
    } finally {
      // The loser's listeners go too: one would be left behind with every sample.
      gone.catch(() => undefined);
      settled.abort();
    }
  }

  /** Asks it to stop; resolves to its exit code. */
  async stop(): Promise<number | null> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    return this.#child.exitCode;
  }
}

function readUrl(child: ChildProcess): Promise<URL> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (text: string): void => {
      output = (output + text).slice(-outputLengthMax);
      const url = /ready on (http:\S+)\n/.exec(output)?.[1];
      if (url !== undefined) resolve(new URL(url));
    };
    child.stdout?.setEncoding('utf8').on('data', read);
    child.stderr?.setEncoding('utf8').on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => {
      reject(new Error(`the server ended with exit code ${String(code)}: ${output.trim()}`));
    });
  });
}
