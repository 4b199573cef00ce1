import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServerProcess } from '../../support/server-process.ts';
import type { Generators } from '../generator/generators.ts';
import type { Plan, RunResult } from '../generator/plan.ts';
import { compare, type Comparison } from '../ledger/compare.ts';
import { CounterLedger } from '../ledger/counter-ledger.ts';
import { Findings } from '../ledger/findings.ts';
import { readProcessFacts } from '../process/process-facts.ts';
import type { Endpoint } from '../workload/open-client.ts';
import { adsServed, preloadAds, seedAds } from '../workload/preload-ads.ts';

const probe = fileURLToPath(new URL('../process/memory-probe.ts', import.meta.url));
const bare = fileURLToPath(new URL('../process/bare-server.ts', import.meta.url));

export interface TargetOptions {
  /** undefined: a server of its own on a fresh folder. */
  readonly url?: URL | undefined;
  /** For that server, if it requires one. */
  readonly token?: string | undefined;
  /** Created over HTTP before the load. */
  readonly ads: number;
  /** In the folder before the server starts: for pages only, and soon there. */
  readonly seededAds?: number;
  readonly keys: number;
  readonly seed: number;
  /** For a server of its own, as `npm start` takes them. */
  readonly args?: readonly string[];
}

export type RunOptions = Omit<Plan, 'url' | 'token' | 'keyPrefix' | 'keys' | 'seed'> & {
  readonly seed?: number;
  /** Fewer of the target's counters than there are. */
  readonly keys?: number;
};

/** A server under load, and the ledger of what it acknowledged. */
export class Target {
  readonly url: URL;
  /** undefined: another one's process, of which only the answers are known. */
  readonly server: ServerProcess | undefined;
  readonly #ledger = new CounterLedger(new Findings());
  readonly #keyPrefix: string;
  readonly #folder: string | undefined;
  readonly #options: TargetOptions;
  #runs = 0;

  private constructor(options: TargetOptions, url: URL, server?: ServerProcess, folder?: string) {
    this.url = url;
    this.server = server;
    this.#folder = folder;
    this.#options = options;
    const { seed, keys } = options;
    this.#keyPrefix = `load-${Date.now().toString(36)}-${seed.toString(36)}`;
    // A counter that nothing was added to must be 0.
    for (let key = 0; key < keys; key += 1) this.#ledger.acknowledged(this.#nameOf(key), 0);
  }

  /** Starts a server on a fresh folder unless there is one, and creates the ads. */
  static async open(options: TargetOptions): Promise<Target> {
    const { url, token, ads, seededAds = 0, seed, args = [] } = options;
    if (url !== undefined) {
      await preloadAds({ url, token }, ads, seed);
      return new Target(options, url);
    }
    const folder = await mkdtemp(join(tmpdir(), 'adtally-load-'));
    let server: ServerProcess | undefined;
    try {
      if (seededAds > 0) await seedAds(folder, seededAds, seed);
      server = new ServerProcess({ folder, args, preload: probe });
      const own = await server.ready;
      const served = await adsServed({ url: own });
      if (served !== seededAds) throw new Error(`${served} ads are served of ${seededAds}`);
      await preloadAds({ url: own }, ads, seed);
      return new Target(options, own, server, folder);
    } catch (error) {
      await server?.stop();
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  get endpoint(): Endpoint {
    return { url: this.url, token: this.#options.token };
  }

  plan(options: RunOptions): Plan {
    const { keys, seed, token } = this.#options;
    this.#runs += 1;
    const url = this.url.href;
    return { keys, seed: seed + this.#runs, ...options, url, token, keyPrefix: this.#keyPrefix };
  }

  async run(generators: Generators, options: RunOptions): Promise<RunResult> {
    const result = await generators.run(this.plan(options));
    for (const [key, sum] of result.acknowledged.entries()) this.#ledger.acknowledged(this.#nameOf(key), sum);
    const uncertain = result.uncertain.map(([key, value]) => ({ key: this.#nameOf(key), value }));
    this.#ledger.sending(uncertain);
    this.#ledger.leaveOpen(uncertain);
    return result;
  }

  #nameOf(key: number): string {
    return `${this.#keyPrefix}-${key}`;
  }

  /**
   * Processor time of the server so far, milliseconds; NaN of one that is not ours, and where there is
   * no /proc.
   */
  cpuMs(): number {
    return this.server === undefined ? Number.NaN : (readProcessFacts(this.server.pid)?.cpuMs ?? Number.NaN);
  }

  compare(): Promise<Comparison> {
    return compare(this.endpoint, this.#ledger);
  }

  async close(): Promise<void> {
    const exit = await this.server?.stop();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true });
    if (exit !== undefined && exit.code !== 0)
      throw new Error(`the server ended with ${exit.code ?? exit.signal ?? '?'}`);
  }
}

/** What the generators reach with a server that does nothing. */
export interface Ceiling {
  readonly perSecond: number;
  /** Of the bare server, per request, microseconds; NaN where there is no /proc. */
  readonly cpuUs: number;
}

/** Runs the plan in a closed loop against the bare server; the counters there do not exist. */
export async function measureCeiling(generators: Generators, plan: Plan): Promise<Ceiling> {
  const server = new ServerProcess({ folder: '', program: bare });
  try {
    const url = (await server.ready).href;
    const cpuMs = (): number => readProcessFacts(server.pid)?.cpuMs ?? Number.NaN;
    const before = cpuMs();
    const { answeredInTime, offered } = await generators.run({ ...plan, url, ratePerSecond: 0 });
    return {
      perSecond: (answeredInTime * 1000) / plan.durationMs,
      cpuUs: ((cpuMs() - before) * 1000) / offered,
    };
  } finally {
    await server.stop();
  }
}
