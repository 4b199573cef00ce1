import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { Prng } from '../support/prng.ts';
import type { Actor, Books } from './clients/actor.ts';
import { Client } from './clients/client.ts';
import { createRoster } from './clients/roster.ts';
import { AdLedger } from './ledger/ad-ledger.ts';
import { CounterLedger } from './ledger/counter-ledger.ts';
import { Findings } from './ledger/findings.ts';
import { Tally } from './ledger/tally.ts';
import { TokenLedger } from './ledger/token-ledger.ts';
import { ServerClock } from './process/server-clock.ts';
import { ServerProcess, type ServerOptions } from './process/server-process.ts';

/** While the server does not answer, a client looks again after this time. */
const reconnectMs = 20;
/** After a 503. */
const settleTriesMax = 400;
const settlePauseMs = 50;

/** One folder, its books and its clients, through the lives of many processes. */
export class Trial {
  readonly prng: Prng;
  readonly folder: string;
  readonly books: Books;
  readonly #actors: readonly Actor[];
  /** The one that is to serve. */
  server: ServerProcess | undefined;

  private constructor(seed: number, folder: string) {
    this.prng = new Prng(seed);
    this.folder = folder;
    const findings = new Findings();
    this.books = {
      findings,
      tally: new Tally(),
      counters: new CounterLedger(findings),
      ads: new AdLedger(findings),
      tokens: new TokenLedger(new Prng(this.prng.uint32())),
      clock: new ServerClock(() => Date.now()),
    };
    this.#actors = createRoster(new Prng(this.prng.uint32()), this.books);
  }

  /** In a fresh folder, below `parent` if that is given. */
  static async open(seed: number, parent = tmpdir()): Promise<Trial> {
    return new Trial(seed, await mkdtemp(join(parent, 'adtally-chaos-')));
  }

  /** Starts a process on the folder, and does not wait until it is ready. */
  begin(options: Omit<ServerOptions, 'folder'> = {}): ServerProcess {
    const { clock, tally } = this.books;
    const onJump = (shiftMs: number): void => {
      tally.jumps += 1;
      clock.confirmed(shiftMs);
    };
    const server = new ServerProcess({ folder: this.folder, onJump, ...options });
    this.adopt(server, options.shiftMs);
    return server;
  }

  /** This process is to serve from here on, until it is told to end. */
  adopt(server: ServerProcess, shiftMs = 0): void {
    const { clock, findings } = this.books;
    clock.starts(shiftMs);
    this.server = server;
    void server.exited.then(({ code, signal }) => {
      if (!server.told) findings.add('process', `ended by itself, ${code ?? signal ?? ''}: ${server.output}`);
    });
  }

  async start(options: Omit<ServerOptions, 'folder'> = {}): Promise<ServerProcess> {
    const server = this.begin(options);
    await this.serves(server);
    return server;
  }

  /** Waits until it is ready. */
  async serves(server: ServerProcess): Promise<void> {
    await server.ready;
    this.books.tally.restarts += 1;
    this.books.tally.restartsMs.push(server.readyAfterMs);
  }

  async kill(): Promise<void> {
    await this.server?.kill();
    this.books.tally.kills += 1;
  }

  /** All clients at work until told to end; they then finish what they are asking. */
  work(server: ServerProcess): { end(): Promise<void> } {
    const state = { working: true };
    const running = Promise.all(
      this.#actors.map(async (actor) => {
        const client = new Client(await server.ready, this.books);
        while (state.working) {
          if (!(await this.#step(actor, client))) await systemClock.sleep(reconnectMs);
        }
        client.close();
      }),
    );
    return {
      async end() {
        state.working = false;
        await running;
      },
    };
  }

  /** Sends what is pending until it is answered; the server stays up. */
  async settle(server: ServerProcess): Promise<void> {
    await Promise.all(
      this.#actors.map(async (actor) => {
        const client = new Client(await server.ready, this.books);
        for (let tries = 0; actor.pending && tries < settleTriesMax; tries += 1) {
          if (tries > 0) await systemClock.sleep(settlePauseMs);
          await this.#step(actor, client);
        }
        if (actor.pending) this.books.findings.add('answer', 'a request with a key is never answered');
        client.close();
      }),
    );
  }

  async #step(actor: Actor, client: Client): Promise<boolean> {
    try {
      return await actor.step(client);
    } catch (error) {
      this.books.findings.add('answer', `a client does not understand: ${(error as Error).stack ?? ''}`);
      return false;
    }
  }

  /** `keep`: the folder is wanted for a look at what went wrong. */
  async close({ keep }: { readonly keep: boolean }): Promise<void> {
    if (this.server?.alive === true) await this.server.kill();
    if (!keep) await rm(this.folder, { recursive: true, force: true });
  }
}
