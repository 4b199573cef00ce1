import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { Prng } from '../support/prng.ts';
import { ServerProcess } from '../support/server-process.ts';
import type { Actor, ActorOptions } from './clients/actor.ts';
import { Client } from './clients/client.ts';
import { EndingAds } from './clients/ending-ads.ts';
import { KeyedCounters } from './clients/keyed-counters.ts';
import { LastingAds } from './clients/lasting-ads.ts';
import { UnkeyedCounters } from './clients/unkeyed-counters.ts';
import { Viewers } from './clients/viewers.ts';
import { openLedgers, type Ledgers } from './ledger/ledgers.ts';
import type { JumpDone } from './process/jumping-clock.ts';

const jumpingClock = fileURLToPath(new URL('./process/jumping-clock.ts', import.meta.url));

export interface StartOptions {
  /** The process runs with the jumping clock, this far off. */
  readonly shiftMs?: number;
  readonly fileBytesMax?: number;
}

const kinds: readonly { readonly count: number; readonly create: (options: ActorOptions) => Actor }[] = [
  { count: 7, create: (options) => new UnkeyedCounters(options) },
  { count: 8, create: (options) => new KeyedCounters(options) },
  { count: 6, create: (options) => new LastingAds(options) },
  { count: 3, create: (options) => new EndingAds(options) },
  { count: 5, create: (options) => new Viewers(options) },
];

/**
 * Every client of a trial, each with a random source of its own: what one draws does not depend on the
 * others.
 */
function createActors(prng: Prng, ledgers: Ledgers): readonly Actor[] {
  return kinds.flatMap(({ count, create }, kind) =>
    Array.from({ length: count }, (_, index) =>
      create({ name: `${'uklev'.charAt(kind)}${index}`, prng: new Prng(prng.uint32()), ledgers }),
    ),
  );
}

/** While the server does not answer, a client looks again after this time. */
const reconnectMs = 20;
/** After a 503. */
const settleTriesMax = 400;
const settlePauseMs = 50;

/** One folder, its ledgers and its clients, through the lives of many processes. */
export class Trial {
  readonly prng: Prng;
  readonly folder: string;
  readonly ledgers: Ledgers;
  readonly #actors: readonly Actor[];
  /** The one that is to serve. */
  server: ServerProcess | undefined;

  private constructor(seed: number, folder: string) {
    this.prng = new Prng(seed);
    this.folder = folder;
    this.ledgers = openLedgers(new Prng(this.prng.uint32()));
    this.#actors = createActors(new Prng(this.prng.uint32()), this.ledgers);
  }

  /** In a fresh folder, below `parent` if that is given. */
  static async open(seed: number, parent = tmpdir()): Promise<Trial> {
    return new Trial(seed, await mkdtemp(join(parent, 'adtally-chaos-')));
  }

  /** Starts a process on the folder, and does not wait until it is ready. */
  begin({ shiftMs, fileBytesMax }: StartOptions = {}): ServerProcess {
    const { clock, tally } = this.ledgers;
    const jumping = shiftMs !== undefined && {
      preload: jumpingClock,
      environment: { CHAOS_SHIFT_MS: String(shiftMs) },
      onMessage: (message: unknown): void => {
        tally.jumps += 1;
        clock.confirmed((message as JumpDone).shiftMs);
      },
    };
    const limit = fileBytesMax !== undefined && { fileBytesMax };
    const server = new ServerProcess({ folder: this.folder, ...jumping, ...limit });
    this.adopt(server, shiftMs);
    return server;
  }

  /** This process is to serve from here on, until it is told to end. */
  adopt(server: ServerProcess, shiftMs = 0): void {
    const { clock, findings } = this.ledgers;
    clock.starts(shiftMs);
    this.server = server;
    void server.exited.then(({ code, signal }) => {
      if (!server.told) findings.add('process', `ended by itself, ${code ?? signal ?? ''}: ${server.output}`);
    });
  }

  async start(options: StartOptions = {}): Promise<ServerProcess> {
    const server = this.begin(options);
    await this.serves(server);
    return server;
  }

  /** Waits until it is ready. */
  async serves(server: ServerProcess): Promise<void> {
    await server.ready;
    this.ledgers.tally.restarts += 1;
    this.ledgers.tally.restartsMs.push(server.readyAfterMs);
  }

  async kill(): Promise<void> {
    await this.server?.kill();
    this.ledgers.tally.kills += 1;
  }

  /** All clients at work until told to end; they then finish what they are asking. */
  work(server: ServerProcess): { end(): Promise<void> } {
    const state = { working: true };
    const running = Promise.all(
      this.#actors.map(async (actor) => {
        const client = new Client(await server.ready, this.ledgers);
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
        const client = new Client(await server.ready, this.ledgers);
        for (let tries = 0; actor.pending && tries < settleTriesMax; tries += 1) {
          if (tries > 0) await systemClock.sleep(settlePauseMs);
          await this.#step(actor, client);
        }
        if (actor.pending) this.ledgers.findings.add('answer', 'a request with a key is never answered');
        client.close();
      }),
    );
  }

  async #step(actor: Actor, client: Client): Promise<boolean> {
    try {
      return await actor.step(client);
    } catch (error) {
      this.ledgers.findings.add('answer', `a client does not understand: ${(error as Error).stack ?? ''}`);
      return false;
    }
  }

  /** `keep`: the folder is wanted for a look at what went wrong. */
  async close({ keep }: { readonly keep: boolean }): Promise<void> {
    if (this.server?.alive === true) await this.server.kill();
    if (!keep) await rm(this.folder, { recursive: true, force: true });
  }
}
