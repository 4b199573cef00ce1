import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Generators, Run } from './generator/generators.ts';
import type { Plan } from './generator/plan.ts';
import { Ledger, type Comparison } from './ledger.ts';
import { adsServed, preloadAds } from './preload-ads.ts';
import { seedAds } from './seed-ads.ts';
import { ChildServer } from './server/child-server.ts';
import { readProcessFacts } from './server/process-facts.ts';

/** The generator is asked for no more than this at the end, to find out what was counted. */
const countedWithinMsMax = 60_000;

export interface TargetOptions {
  /** undefined: a server of its own. */
  readonly url?: URL | undefined;
  /** Created over HTTP before the load. */
  readonly ads: number;
  /** In the folder before the server starts: for pages only, and soon there. */
  readonly seededAds?: number;
  readonly keys: number;
  readonly seed: number;
  /** For a server of its own, as `npm start` takes them. */
  readonly serverArguments?: readonly string[];
}

export type RunOptions = Omit<Plan, 'url' | 'keyPrefix' | 'keys' | 'seed'> & {
  readonly seed?: number;
  /** Fewer of the target's counters than there are. */
  readonly keys?: number;
};

/** A server under load, and the books of what it acknowledged. */
export class Target {
  readonly url: URL;
  /** undefined: somebody else's process, of which nothing is known but its answers. */
  readonly server: ChildServer | undefined;
  readonly #ledger: Ledger;
  readonly #folder: string | undefined;
  readonly #options: TargetOptions;
  #runs = 0;

  private constructor(options: TargetOptions, url: URL, own?: { server: ChildServer; folder: string }) {
    this.url = url;
    this.server = own?.server;
    this.#folder = own?.folder;
    this.#options = options;
    this.#ledger = new Ledger(`load-${Date.now().toString(36)}-${options.seed.toString(36)}`, options.keys);
  }

  /** Starts a server on a fresh folder unless there is one, and creates the ads. */
  static async open(options: TargetOptions): Promise<Target> {
    if (options.url !== undefined) {
      const target = new Target(options, options.url);
      await preloadAds(target.url, options.ads, options.seed);
      return target;
    }
    const folder = await mkdtemp(join(tmpdir(), 'adtally-load-'));
    if (options.seededAds !== undefined) await seedAds(folder, options.seededAds, options.seed);
    const server = ChildServer.product(folder, options.serverArguments);
    try {
      const target = new Target(options, await server.url, { server, folder });
      const { seededAds = 0 } = options;
      const served = await adsServed(target.url);
      if (served !== seededAds) throw new Error(`${served} ads are served of ${seededAds}`);
      await preloadAds(target.url, options.ads, options.seed);
      return target;
    } catch (error) {
      await server.stop();
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  plan(options: RunOptions): Plan {
    const { keys, seed } = this.#options;
    this.#runs += 1;
    const url = this.url.href;
    return { keys, seed: seed + this.#runs, ...options, url, keyPrefix: this.#ledger.keyPrefix };
  }

  async run(generators: Generators, options: RunOptions): Promise<Run> {
    const run = await generators.run(this.plan(options));
    this.#ledger.add(run.result.increments);
    return run;
  }

  /** Processor time of the server so far, milliseconds; NaN of one that is not ours, and where there is no /proc. */
  cpuMs(): number {
    return this.server === undefined ? Number.NaN : (readProcessFacts(this.server.pid)?.cpuMs ?? Number.NaN);
  }

  compare(): Promise<Comparison> {
    return this.#ledger.compare(this.url, countedWithinMsMax);
  }

  async close(): Promise<void> {
    const exitCode = await this.server?.stop();
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true });
    if (exitCode !== undefined && exitCode !== 0)
      throw new Error(`the server ended with ${String(exitCode)}`);
  }
}

/** What the generators and a server that does nothing reach together. */
export interface Ceiling {
  readonly perSecond: number;
  /** Of the bare server, per request, microseconds; NaN where there is no /proc. */
  readonly cpuUs: number;
}

/** Runs the plan in a closed loop against the bare server; the counters there do not exist. */
export async function measureCeiling(generators: Generators, plan: Plan): Promise<Ceiling> {
  const server = ChildServer.bare();
  try {
    const url = (await server.url).href;
    const cpuMs = (): number => readProcessFacts(server.pid)?.cpuMs ?? Number.NaN;
    const before = cpuMs();
    const { result } = await generators.run({ ...plan, url, ratePerSecond: 0 });
    return {
      perSecond: (result.answeredInTime * 1000) / result.durationMs,
      cpuUs: ((cpuMs() - before) * 1000) / result.offered,
    };
  } finally {
    await server.stop();
  }
}
